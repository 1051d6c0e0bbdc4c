import { createServer, connect as dial, type Socket } from 'node:net';

/** RFC 6455, section 5.2: a whole, binary, unmasked frame; payloads of up to 125 bytes have their length in one byte. */
const BINARY_FRAME = 0x82;
const LONGEST_SHORT_PAYLOAD = 125;
const HEADER_END = '\r\n\r\n';
/** MQTT 5, section 2.1.2. */
const PUBACK_TYPE = 4;

/** What becomes of one WebSocket message of the broker: the messages that are passed on in its place. */
export type Rewrite = (message: Buffer) => readonly Buffer[];

export interface FrameProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** A hostile peer: stands before Web MQTT, passes on all that clients send, and rewrites what the broker sends. */
export async function frameProxy(webMqttUrl: string, rewrite: Rewrite): Promise<FrameProxy> {
  const target = new URL(webMqttUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = dial(Number(target.port), target.hostname);
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    client.pipe(broker);
    broker.on(
      'data',
      rewriting(rewrite, (bytes) => client.write(bytes)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `ws://127.0.0.1:${address.port}${target.pathname}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Keeps back acknowledgements by their number, from 1, over all connections. */
export function ackProxy(webMqttUrl: string, swallows: (number: number) => boolean): Promise<FrameProxy> {
  let acks = 0;
  return frameProxy(webMqttUrl, (message) => {
    if ((message[0] ?? 0) >> 4 !== PUBACK_TYPE) return [message];
    acks += 1;
    return swallows(acks) ? [] : [message];
  });
}

function rewriting(rewrite: Rewrite, pass: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let upgraded = false;
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    if (!upgraded) {
      const end = pending.indexOf(HEADER_END);
      if (end < 0) return;
      upgraded = true;
      pass(pending.subarray(0, end + HEADER_END.length));
      pending = pending.subarray(end + HEADER_END.length);
    }
    for (let frame = firstFrame(pending); frame; frame = firstFrame(pending)) {
      pending = pending.subarray(frame.length);
      if (frame[0] !== BINARY_FRAME) pass(frame);
      else for (const message of rewrite(frame.subarray(2))) pass(frameOf(message));
    }
  };
}

/** The broker's answers to a publisher are short. */
function firstFrame(bytes: Buffer): Buffer | undefined {
  const length = bytes[1];
  if (length === undefined) return undefined;
  if (length > LONGEST_SHORT_PAYLOAD) throw new RangeError('a frame with a longer payload is not expected here');
  return bytes.length < 2 + length ? undefined : bytes.subarray(0, 2 + length);
}

const frameOf = (payload: Buffer) => Buffer.concat([Buffer.from([BINARY_FRAME, payload.length]), payload]);
