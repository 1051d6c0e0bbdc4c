import { claimKeys, claimNewKeys, RepeatedKeyError } from './once-store.ts';
import type { ConnectionPool } from './transaction-store.ts';

/** Pools whose last batch met a key that was there: their next one looks, until one meets none. */
const meetRepetitions = new WeakSet<ConnectionPool>();
/** One key, as `once` has: repetitions are as usual there as new keys, and there is little to gain. */
const MIN_EXPECTED_NEW = 2;

/** @param claim whether the keys are expected to be new, or may be there */
export type Attempt<T> = (claim: typeof claimKeys) => Promise<T>;

/**
 * Most batches have new keys only, and claiming those takes half the time; one that has others begins anew, before its effect.
 * @param attempt one transaction, whose first statement is the claim
 */
export async function expectingNew<T>(pool: ConnectionPool, keyCount: number, attempt: Attempt<T>): Promise<T> {
  if (keyCount < MIN_EXPECTED_NEW) return attempt(claimKeys);
  if (!meetRepetitions.has(pool)) {
    try {
      return await attempt(claimNewKeys);
    } catch (error) {
      if (!(error instanceof RepeatedKeyError)) throw error;
    }
  }
  return attempt(async (...claimed) => {
    const claim = await claimKeys(...claimed);
    if (claim.earlier.size > 0) meetRepetitions.add(pool);
    else meetRepetitions.delete(pool);
    return claim;
  });
}
