import { setImmediate as turn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readChunk } from './chunk.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { deliverFrame } from './test-library-decoder.ts';

type Step = { readonly add: number } | 'pause' | 'resume' | 'release';

function chunkOf(first: number, records: number) {
  const bodies = Array.from({ length: records }, () => Buffer.alloc(0));
  const frame = Buffer.from(deliverFrame(bodies, BigInt(first)).subarray(4));
  frame.writeUInt32BE(crc32(frame.subarray(53)), 37);
  return readChunk(frame);
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(fc.record({ add: fc.nat(4) }), fc.constantFrom<Step>('pause', 'resume', 'release')),
  { maxLength: 30 },
);

type Queue = Pick<DeliveryQueue, 'add' | 'pause' | 'resume'>;

/** However chunks, pauses and slow handlers mix: each record once, in order, one at a time, none while paused. */
async function law(
  create: (delivery: ConstructorParameters<typeof DeliveryQueue>[0]) => Queue,
  all: Step[],
  slow: boolean[],
) {
  const seen: number[] = [];
  const open: (() => void)[] = [];
  let credits = 0;
  let published = 0;
  let chunks = 0;
  let paused = false;
  const problems: string[] = [];
  const queue = create({
    onRecord({ offset }) {
      if (open.length > 0) problems.push('two at a time');
      if (paused) problems.push('while paused');
      seen.push(Number(offset));
      if (!slow[Number(offset) % slow.length]) return undefined;
      return new Promise((resolve) => open.push(() => resolve()));
    },
    onChunksDone(count) {
      credits += count;
    },
    onFailed(error) {
      problems.push(String(error));
    },
  });
  const release = async () => {
    for (const done of open.splice(0)) done();
    await turn();
  };
  for (const step of all) {
    if (step === 'release') await release();
    else if (step === 'pause' || step === 'resume') {
      paused = step === 'pause';
      queue[step]();
    } else {
      queue.add(chunkOf(published, step.add));
      published += step.add;
      chunks += 1;
    }
  }
  paused = false;
  queue.resume();
  for (let left = published + chunks; left >= 0; left -= 1) await release();
  expect(seen).toEqual(Array.from({ length: published }, (_, index) => index));
  expect(credits).toBe(chunks);
  expect(problems).toEqual([]);
}

const check = (create: Parameters<typeof law>[0]) =>
  fc.assert(
    fc.asyncProperty(steps, fc.array(fc.boolean(), { minLength: 1 }), (all, slow) => law(create, all, slow)),
    { numRuns: 300 },
  );

test('order, one at a time, nothing lost, a credit a chunk', () => check((delivery) => new DeliveryQueue(delivery)));

test('mutant: a queue that does not wait for the handler breaks the law', async () => {
  const hasty: Parameters<typeof law>[0] = (delivery) =>
    new DeliveryQueue({
      ...delivery,
      onRecord(record) {
        delivery.onRecord(record);
        return undefined;
      },
    });
  await expect(check(hasty)).rejects.toThrow('Property failed');
});

test('mutant: a queue that forgets a chunk that comes while it works breaks the law', async () => {
  let working = 0;
  const forgetful: Parameters<typeof law>[0] = (delivery) => {
    const queue = new DeliveryQueue({
      ...delivery,
      async onRecord(record) {
        working += 1;
        await delivery.onRecord(record);
        working -= 1;
      },
    });
    return {
      pause: () => queue.pause(),
      resume: () => queue.resume(),
      add(chunk) {
        if (working === 0) queue.add(chunk);
      },
    };
  };
  await expect(check(forgetful)).rejects.toThrow('Property failed');
});
