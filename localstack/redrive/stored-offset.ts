import { setTimeout as sleep } from 'node:timers/promises';
import { TransientError } from '../../shared/errors.ts';
import { type OffsetKey, queryOffset, storeOffset } from '../triggers/stream-client/offsets.ts';

const DEADLINE_MS = 10_000;
const POLL_MS = 20;

/**
 * Stores an offset and waits until the broker has taken it, which the protocol does not say: until it is asked for.
 * @returns what is stored, which may be what another process has stored after us
 * @throws TransientError `offset_not_stored`
 */
export async function storedOffset(key: OffsetKey, next: bigint): Promise<bigint> {
  const before = await queryOffset(key);
  if (before === next) return next;
  storeOffset({ ...key, next });
  const untilMs = performance.now() + DEADLINE_MS;
  while (performance.now() < untilMs) {
    const stored = await queryOffset(key);
    if (stored !== undefined && stored !== before) return stored;
    await sleep(POLL_MS);
  }
  throw new TransientError('offset_not_stored', `the broker does not store the offset of ${key.consumerName}`);
}
