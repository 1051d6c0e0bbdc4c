import { describe, expect, test } from 'vitest';
import type { Checkpoints, Ownership } from './checkpoint-store.ts';
import { keptCheckpoint } from './kept-checkpoint.ts';

const OWNERSHIP = { position: 5n, epoch: 1n };
const NEW = { position: undefined, epoch: 1n };

function kept(byHandler: boolean, ownership: Ownership = OWNERSHIP) {
  const saved: bigint[] = [];
  const checkpoints: Checkpoints = {
    byHandler,
    takeOver: async () => ownership,
    save: async (_stream, _held, position) => void saved.push(position),
    removal: () => '',
  };
  const checkpoint = keptCheckpoint('orders', checkpoints);
  checkpoint.begin(ownership);
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
  test('without a position in the store a new activation begins as the options say, and what a handler says of the epoch counts', async () => {
    const { checkpoint, saved, known } = kept(true, NEW);
    await checkpoint.reached(NEW, 9n);
    expect(known()).toEqual([undefined, 9n]);
    await expect(checkpoint.prove(NEW, new Error('over'))).rejects.toThrow('over');
    expect(saved).toEqual([]);
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
