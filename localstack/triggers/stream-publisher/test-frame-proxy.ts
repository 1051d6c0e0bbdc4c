import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { FrameSplitter } from '../stream-client/frame-splitter.ts';

export const KEY_PUBLISH = 0x02;
export const KEY_CONFIRM = 0x03;
export const KEY_PUBLISH_ERROR = 0x04;

/** `pass`; `hold`: it goes nowhere; `cut`: it goes nowhere, and both ends lose the connection; bytes: they go instead. */
type Verdict = 'pass' | 'hold' | 'cut' | Buffer;
/** @param frame without its size; the command's key is its first two bytes */
type Judge = (key: number, frame: Buffer, from: 'client' | 'broker') => Verdict;

/** A link to the broker that knows where frames begin, and does with each what the test says. */
export interface FrameProxy {
  readonly url: string;
  judge(judge: Judge): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

export async function frameProxy(brokerUrl: string): Promise<FrameProxy> {
  const broker = new URL(brokerUrl);
  const sockets = new Set<Socket>();
  let judge: Judge = () => 'pass';
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(broker.port), broker.hostname);
    const forward = (from: Socket, to: Socket, side: 'client' | 'broker') => {
      const splitter = new FrameSplitter();
      sockets.add(from);
      from.on('data', (bytes) => {
        for (const frame of splitter.push(bytes)) {
          const verdict = judge(frame.readUInt16BE(0), frame, side);
          if (verdict === 'hold') continue;
          if (verdict === 'cut') {
            client.destroy();
            upstream.destroy();
            return;
          }
          to.write(sized(verdict === 'pass' ? frame : verdict));
        }
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    };
    forward(client, upstream, 'client');
    forward(upstream, client, 'broker');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: brokerUrl.replace(broker.host, `127.0.0.1:${port}`),
    judge(next) {
      judge = next;
    },
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

function sized(frame: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(frame.length, 0);
  return Buffer.concat([size, frame]);
}
