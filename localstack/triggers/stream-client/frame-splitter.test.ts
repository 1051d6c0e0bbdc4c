import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSplitter } from './frame-splitter.ts';

const framed = (body: Buffer) => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length, 0);
  return Buffer.concat([size, body]);
};

test('frames come out whole and in order however the bytes are cut', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 });
  fc.assert(
    fc.property(bodies, fc.array(fc.nat(30), { minLength: 1 }), (written, cuts) => {
      const bytes = Buffer.concat(written.map((body) => framed(Buffer.from(body))));
      const splitter = new FrameSplitter();
      const read: Buffer[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const next = at + 1 + (cuts[turn % cuts.length] ?? 0);
        read.push(...splitter.push(bytes.subarray(at, next)));
        at = next;
      }
      expect(read.map((frame) => [...frame])).toEqual(written.map((body) => [...body]));
    }),
  );
});

test('a large frame in small pieces takes linear time', () => {
  const size = 64 * 1024 * 1024;
  const splitter = new FrameSplitter();
  const head = Buffer.alloc(4);
  head.writeUInt32BE(size, 0);
  const piece = Buffer.alloc(16 * 1024);
  const startMs = performance.now();
  let frames = splitter.push(head);
  for (let sent = 0; sent < size; sent += piece.length) frames = splitter.push(piece);
  expect(frames.map((frame) => frame.length)).toEqual([size]);
  // Joined anew for each piece it would copy 128 GiB.
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test('a size that no frame has is refused before it is waited for', () => {
  expect(() => new FrameSplitter().push(Buffer.from('GET / HTTP/1.1'))).toThrow(/a frame of \d+ bytes/);
});
