import type { IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

const CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_PORT = { 'ws:': 80, 'wss:': 443 } as const;
/** What the handshake needs (RFC 6455, section 4.1), and nothing of the page's own: no cookie goes to the broker. */
const PASSED_ON = /^(upgrade|connection|sec-websocket-.*)$/i;
const BAD_GATEWAY = 'HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Connects a WebSocket handshake through to the broker's Web MQTT; what follows passes as bytes. Who may connect, the broker decides. */
export function mqttPassage(webMqttUrl: string) {
  const target = new URL(webMqttUrl);
  const isTls = target.protocol === 'wss:';
  const port = Number(target.port || DEFAULT_PORT[isTls ? 'wss:' : 'ws:']);
  return ({ rawHeaders }: IncomingMessage, client: Duplex, head: Buffer): Socket => {
    const broker: Socket = isTls
      ? connectTls({ host: target.hostname, port, servername: target.hostname })
      : connectTcp({ host: target.hostname, port });
    broker.setTimeout(CONNECT_TIMEOUT_MS, () => broker.destroy());
    broker.once(isTls ? 'secureConnect' : 'connect', () => {
      broker.setTimeout(0).setNoDelay(true);
      broker.write(handshake(target, rawHeaders));
      broker.write(head);
      client.pipe(broker).pipe(client);
    });
    broker.once('error', () => client.writable && broker.bytesRead === 0 && client.write(BAD_GATEWAY));
    broker.once('close', () => client.destroy());
    client.once('error', () => broker.destroy());
    client.once('close', () => broker.destroy());
    return broker;
  };
}

function handshake({ pathname, search, host }: URL, rawHeaders: readonly string[]): string {
  const lines = [`GET ${pathname}${search} HTTP/1.1`, `Host: ${host}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (PASSED_ON.test(name)) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
