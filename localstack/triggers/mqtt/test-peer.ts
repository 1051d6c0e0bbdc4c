import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';

/** The other side of a connection, which a test can make say and do anything. */
export interface TestPeer {
  readonly url: string;
  /** Packets received from all connections, in order. */
  readonly received: Packet[];
  /** Times of connections, performance.now(). */
  readonly connectedAtMs: number[];
  of<Command extends Packet['cmd']>(command: Command): Extract<Packet, { cmd: Command }>[];
  /** To the latest connection. */
  send(packet: Packet): void;
  sendBytes(bytes: Uint8Array): void;
  /** Whether a connection is there. */
  isConnected(): boolean;
  close(): Promise<void>;
}

export type Answer = (packet: Packet, send: (packet: Packet) => void) => void;

const VERSION = { protocolVersion: 5 } as const;

/** What a broker of MQTT 5 answers when all is well. */
export const obliging: Answer = (packet, send) => {
  if (packet.cmd === 'connect') send({ cmd: 'connack', reasonCode: 0, sessionPresent: false });
  if (packet.cmd === 'subscribe') {
    send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(({ qos }) => qos) });
  }
  if (packet.cmd === 'pingreq') send({ cmd: 'pingresp' });
  if (packet.cmd === 'publish' && packet.qos === 1) send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
  if (packet.cmd === 'unsubscribe') send({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [0] });
};

export async function testPeer(answer: Answer = obliging, port = 0): Promise<TestPeer> {
  const received: Packet[] = [];
  const connectedAtMs: number[] = [];
  const sockets = new Set<Socket>();
  let latest: Socket | undefined;

  const server = createServer((socket) => {
    latest = socket;
    sockets.add(socket);
    connectedAtMs.push(performance.now());
    const parser = mqttPacket.parser(VERSION);
    const send = (packet: Packet) => void (socket.writable && socket.write(mqttPacket.generate(packet, VERSION)));
    parser.on('packet', (packet) => {
      received.push(packet);
      answer(packet, send);
      if (packet.cmd === 'disconnect') socket.end();
    });
    socket.on('data', (bytes) => parser.parse(bytes));
    // A client that gives up resets the connection.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;

  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    received,
    connectedAtMs,
    of: <Command extends Packet['cmd']>(command: Command) =>
      received.filter((packet): packet is Extract<Packet, { cmd: Command }> => packet.cmd === command),
    send: (packet) => latest?.write(mqttPacket.generate(packet, VERSION)),
    sendBytes: (bytes) => latest?.write(bytes),
    isConnected: () => sockets.size > 0,
    async close() {
      if (!server.listening) return;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A PUBLISH as bytes, to send several in one piece. */
export function publishBytes(packetId: number, topic: string, payload: string | Buffer, qos: 0 | 1 = 1): Buffer {
  return mqttPacket.generate(
    { cmd: 'publish', topic, payload, qos, retain: false, dup: false, ...(qos === 1 ? { messageId: packetId } : {}) },
    VERSION,
  );
}
