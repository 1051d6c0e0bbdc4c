import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { untilDone } from './until-done.ts';

const forever = new Promise<never>(() => undefined);
function tried(options: { deadlineMs?: number; over?: Promise<unknown> } = {}) {
  const failures: string[] = [];
  const setting = {
    deadlineMs: 60_000,
    delay: { minimumMs: 0, maximumMs: 1 },
    context: { clock: systemClock, random: () => 0 },
    failed: (error: unknown) => failures.push(String(error)),
    over: forever,
    ...options,
  };
  return { failures, run: <T>(work: () => Promise<T>) => untilDone(work, setting) };
}

test('tries until it works, and tells of each failure', async () => {
  const { failures, run } = tried();
  let attempts = 0;
  const result = await run(async () => {
    attempts += 1;
    if (attempts < 3) throw new Error(`failure ${attempts}`);
    return 'done';
  });
  expect(result).toBe('done');
  expect(failures).toEqual(['Error: failure 1', 'Error: failure 2']);
});
test('a try that hangs is given up at the deadline, and told of', async () => {
  const { failures, run } = tried({ deadlineMs: 5 });
  await expect(run(() => forever)).rejects.toThrow('no answer within 5 ms');
  expect(failures).toHaveLength(1);
});
test('the last failure is what is thrown at the deadline', async () => {
  const { run } = tried({ deadlineMs: 5 });
  await expect(run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
});
test('when it is over nothing more is tried, also while a try hangs or a pause lasts', async () => {
  const over = Promise.withResolvers<void>();
  const { failures, run } = tried({ over: over.promise });
  const waiting = run(() => forever);
  over.resolve();
  await expect(waiting).rejects.toThrow('not waited for');
  expect(failures).toEqual([]);
});
