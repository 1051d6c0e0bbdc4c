import { describe, expect, test } from 'vitest';
import type { Checkpoints } from './checkpoint-store.ts';
import { keptCheckpoint } from './kept-checkpoint.ts';

const OWNERSHIP = { position: 5n, epoch: 1n };

function kept(byHandler: boolean) {
  const saved: bigint[] = [];
  const checkpoints: Checkpoints = {
    byHandler,
    takeOver: async () => OWNERSHIP,
    save: async (_stream, _held, position) => void saved.push(position),
    removal: () => '',
  };
  const checkpoint = keptCheckpoint('orders', checkpoints);
  checkpoint.begin(OWNERSHIP);
  return { checkpoint, saved, known: () => [checkpoint.stored(), checkpoint.handled()] };
}

describe('where the handler stores the checkpoint', () => {
  test('nothing is stored here, and what was handled is not taken for stored', async () => {
    const { checkpoint, saved, known } = kept(true);
    await checkpoint.reached(OWNERSHIP, 9n);
    expect(saved).toEqual([]);
    expect(known()).toEqual([5n, 9n]);
  });
  test('the epoch is asked for with what was read, which moves nothing', async () => {
    const { checkpoint, saved } = kept(true);
    await checkpoint.reached(OWNERSHIP, 9n);
    await checkpoint.prove(OWNERSHIP, new Error('over'));
    expect(saved).toEqual([5n]);
  });
  test('a new activation begins where the store says, behind what was handled', async () => {
    const { checkpoint, known } = kept(true);
    await checkpoint.reached(OWNERSHIP, 9n);
    checkpoint.end();
    checkpoint.begin({ position: 7n, epoch: 2n });
    expect(known()).toEqual([7n, 7n]);
  });
  test('without a position in the store there is nothing to ask with: what was said counts', async () => {
    const { checkpoint } = kept(true);
    const fresh = { position: undefined, epoch: 2n };
    const none = keptCheckpoint('orders', {
      byHandler: true,
      takeOver: async () => fresh,
      save: async () => undefined,
      removal: () => '',
    });
    none.begin(fresh);
    await none.reached(fresh, 9n);
    await expect(none.prove(fresh, new Error('over'))).rejects.toThrow('over');
    await expect(checkpoint.prove(OWNERSHIP, new Error('over'))).resolves.toBeUndefined();
  });
});

describe('where the trigger does', () => {
  test('all that is done is stored', async () => {
    const { checkpoint, saved, known } = kept(false);
    await checkpoint.reached(OWNERSHIP, 9n);
    expect(saved).toEqual([9n]);
    expect(known()).toEqual([9n, 9n]);
  });
  test('the answer to a former owner’s store changes nothing', async () => {
    const { checkpoint, known } = kept(false);
    const storing = checkpoint.reached(OWNERSHIP, 9n);
    checkpoint.begin({ position: 6n, epoch: 2n });
    await storing;
    expect(known()).toEqual([6n, 6n]);
  });
});
