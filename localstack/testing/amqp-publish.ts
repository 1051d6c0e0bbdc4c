import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One message of AMQP 0-9-1, as somebody sends it who goes round MQTT. */
export interface AmqpMessage {
  routingKey: string;
  /** More routing keys, which RabbitMQ reads from the header `CC`. */
  copies?: readonly string[];
  text: string;
}

const FRAME = { method: 1, header: 2, body: 3 };
const FRAME_END = 0xce;
const METHOD_BYTES = 11;
const CONNECTION = 10;
const CHANNEL = 20;
const BASIC = 60;
const CHANNELS = 10;
const FRAME_BYTES_MAX = 131_072;
const HEADERS_FLAG = 0x2000;

const uint8 = (value: number) => Buffer.of(value);
const uint16 = (value: number) => Buffer.of(value >> 8, value & 0xff);
const uint32 = (value: number) => Buffer.concat([uint16(value >>> 16), uint16(value & 0xffff)]);
const short = (text: string) => Buffer.concat([uint8(text.length), Buffer.from(text)]);
const long = (bytes: Buffer | string) => Buffer.concat([uint32(bytes.length), Buffer.from(bytes)]);
const method = (group: number, id: number, ...parts: Buffer[]) => Buffer.concat([uint16(group), uint16(id), ...parts]);

function frame(type: number, channel: number, payload: Buffer): Buffer {
  return Buffer.concat([uint8(type), uint16(channel), uint32(payload.length), payload, uint8(FRAME_END)]);
}

/** Publishes to amq.topic with this password. Resolves with what the broker said when it closed the channel or connection; '' if it did not. */
export async function amqpPublish(url: string, password: string, message: AmqpMessage): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1'));
  const next = reader(socket);
  const call = async (channel: number, ...payload: Buffer[]) => {
    for (const one of payload) socket.write(frame(FRAME.method, channel, one));
    return await next();
  };
  try {
    await next();
    const plain = long(`\0whoever\0${password}`);
    await call(0, method(CONNECTION, 11, long(''), short('PLAIN'), plain, short('en_US')));
    const tuneOk = method(CONNECTION, 31, uint16(CHANNELS), uint32(FRAME_BYTES_MAX), uint16(0));
    await call(0, tuneOk, method(CONNECTION, 40, short('/'), short(''), uint8(0)));
    await call(1, method(CHANNEL, 10, short('')));
    const copies = (message.copies ?? []).map((key) => Buffer.concat([Buffer.from('S'), long(key)]));
    const headers = long(Buffer.concat([short('CC'), Buffer.from('A'), long(Buffer.concat(copies))]));
    const size = Buffer.concat([uint32(0), uint32(message.text.length)]);
    socket.write(
      frame(FRAME.method, 1, method(BASIC, 40, uint16(0), short('amq.topic'), short(message.routingKey), uint8(0))),
    );
    socket.write(
      frame(FRAME.header, 1, Buffer.concat([uint16(BASIC), uint16(0), size, uint16(HEADERS_FLAG), headers])),
    );
    socket.write(frame(FRAME.body, 1, Buffer.from(message.text)));
    // Answered when all before it is done: by an OK, or by why the channel was closed.
    const answer = await call(1, method(BASIC, 10, uint32(0), uint16(0), uint8(0)));
    return /[A-Z_]{6,} - [\x20-\x7e]*/.exec(answer.toString('latin1'))?.[0] ?? '';
  } finally {
    socket.destroy();
  }
}

/** Frame by frame. */
function reader(socket: Socket): () => Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  return async () => {
    for (;;) {
      const length = bytes.length >= METHOD_BYTES ? bytes.readUInt32BE(3) + 8 : Number.POSITIVE_INFINITY;
      if (bytes.length >= length) {
        const one = bytes.subarray(0, length);
        bytes = bytes.subarray(length);
        return one;
      }
      await once(socket, 'data');
    }
  };
}
