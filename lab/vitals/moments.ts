import { setTimeout as sleep } from 'node:timers/promises';
import { TransientError } from '../../shared/errors.ts';
import type { Oracle } from './oracle.ts';

const FIRST_READING_MS = 60_000;
const POLL_MS = 200;

/** When the load's first reading was in the stream, epoch ms. @throws TransientError `lab_load` after a minute */
export async function firstReading(oracle: Oracle, signal: AbortSignal): Promise<number> {
  const deadline = performance.now() + FIRST_READING_MS;
  for (let firstMs = oracle.firstMs(); ; firstMs = oracle.firstMs()) {
    if (firstMs !== undefined) return firstMs;
    if (performance.now() > deadline) throw new TransientError('lab_load', 'No reading came within a minute.');
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Until then, epoch ms. */
export async function until(atMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = atMs - Date.now();
  if (waitMs > 0) await sleep(waitMs, undefined, { signal });
}
