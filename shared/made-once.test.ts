import { expect, test } from 'vitest';
import { madeOnce } from './made-once.ts';

test('is made once for all who ask; one that could not be made is made by the next who asks', async () => {
  let tries = 0;
  const thing = madeOnce(async () => {
    tries += 1;
    if (tries === 1) throw new Error('away');
    return { tries };
  });
  const first = await Promise.allSettled([thing(), thing()]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const [one, other] = await Promise.all([thing(), thing()]);
  expect(one).toBe(other);
  expect(await thing()).toEqual({ tries: 2 });
});
