import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WardSnapshot } from '../alert-desk/alert-item.ts';
import { createWardPusher, type PusherParts } from './ward-pusher.ts';

/** A ward whose alerts change while several processes publish it; what is retained is what was published last. */
function world(scheduler: fc.Scheduler) {
  let revision = 1;
  let retained = 0;
  const step = <T>(what: string, then: () => T) => scheduler.schedule(Promise.resolve(), what).then(then);
  const parts: PusherParts = {
    snapshotOf: (ward) =>
      step('read', (): WardSnapshot => ({ ward, revision, at: '2026-11-01T10:00:00.000Z', alerts: [] })),
    publish: (_topic, snapshot) =>
      step('publish', () => {
        retained = snapshot.revision;
      }),
    published: () => step('look again', () => revision),
    nowMs: () => 0,
  };
  return {
    parts,
    /** Each change is followed by its message, which any of the processes takes. */
    async change(push: (ward: string) => Promise<void>) {
      await step('change', () => {
        revision += 1;
      });
      await push('icu-1');
    },
    result: () => ({ revision, retained }),
  };
}

const law = (make: (parts: PusherParts) => { push(ward: string): Promise<void> }) =>
  fc.asyncProperty(
    fc.scheduler(),
    fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 6 }),
    async (scheduler, takers) => {
      const { parts, change, result } = world(scheduler);
      const processes = [make(parts), make(parts), make(parts)];
      const done = Promise.all(
        takers.map((taker) => change((ward) => processes[taker]?.push(ward) ?? Promise.resolve())),
      );
      await scheduler.waitFor(done);
      const { revision, retained } = result();
      expect(retained).toBe(revision);
    },
  );

test('whatever order reads, publishes and changes come in, the newest revision is what stays', async () => {
  await fc.assert(law(createWardPusher), { numRuns: 500 });
});

test.each<[string, (parts: PusherParts) => PusherParts]>([
  ['that does not look again', (parts) => ({ ...parts, published: async () => 0 })],
  [
    'that looks again before the broker has it',
    (parts) => {
      let publishing = Promise.resolve();
      return {
        ...parts,
        async publish(topic, snapshot) {
          publishing = parts.publish(topic, snapshot);
        },
        async published(ward, of) {
          const now = await parts.published(ward, of);
          await publishing;
          return now;
        },
      };
    },
  ],
])('mutant: one %s leaves an older revision', async (_what, mutate) => {
  const found = await fc.check(
    law((parts) => createWardPusher(mutate(parts))),
    { seed: 7, numRuns: 500 },
  );
  expect(found.failed).toBe(true);
});
