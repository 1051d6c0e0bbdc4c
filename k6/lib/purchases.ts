// The purchases of a run: everything about one follows from the run's seed, its phase and its number.
import { eventIdOf, eventIdPrefix, hash32 } from './identity.ts';
import type { RunIdentity } from './messages.ts';
import { type ZipfSampler, zipfShares } from './zipf.ts';

/** What is bought. */
export interface PurchaseMix {
  /** Products; with one, all customers want the same. */
  readonly skus: number;
  /** Of Zipf's law; 0: all products alike. */
  readonly exponent: number;
  /** Units a purchase. */
  readonly quantity: number;
}

export interface PlannedPurchase {
  /** Idempotency key: a UUID in which run, phase and number can be read (identity.ts). */
  readonly key: string;
  readonly sku: string;
  /** JSON; the same bytes each time that it is sent. */
  readonly body: string;
  /** Its customer sends it again so long after the answer; undefined: never. */
  readonly repeatAfterMs?: number;
}

const UINT32_VALUES = 2 ** 32;
const CUSTOMERS = 10_000;
/** Every nineteenth purchase is sent twice: one request in twenty (5 %) is a repeat. */
const REPEAT_EVERY = 19;
/** A second click, or a page loaded again. */
const REPEAT_WITHIN_MS = 1_000;
/** Which random number of a purchase: seeds of the hash. */
const DRAWS = { sku: 0, customer: 1, repeat: 2 } as const;

/** A run's product of a rank, from 1: of this run alone. */
export const skuOf = (runId: string, rank: number | '') => `k6-${runId}-${rank}`;

/**
 * What there is to sell of each rank, if it covers so much of the demand to be expected: whole purchases, at least one.
 * @param planned purchases of the run
 */
export function stockFor({ skus, exponent, quantity }: PurchaseMix, planned: number, covered: number): number[] {
  return zipfShares(skus, exponent).map((share) => Math.max(1, Math.ceil(planned * share * covered)) * quantity);
}

export class Purchases {
  private readonly run: RunIdentity;
  private readonly quantity: number;
  private readonly ranks: ZipfSampler;
  private readonly prefixes = new Map<string, string>();

  /** @param ranks of the products */
  constructor(run: RunIdentity, quantity: number, ranks: ZipfSampler) {
    this.run = run;
    this.quantity = quantity;
    this.ranks = ranks;
  }

  of(phase: string, number: number): PlannedPurchase {
    const { runId, seed } = this.run;
    const draw = (which: number) => hash32(`${seed}/${phase}/${number}`, which);
    const sku = skuOf(runId, this.ranks.rankOf(draw(DRAWS.sku) / UINT32_VALUES));
    const customerId = `k6-customer-${draw(DRAWS.customer) % CUSTOMERS}`;
    const purchase = {
      key: eventIdOf(this.prefixOf(phase), number),
      sku,
      body: JSON.stringify({ sku, quantity: this.quantity, customerId }),
    };
    if (number % REPEAT_EVERY !== REPEAT_EVERY - 1) return purchase;
    return { ...purchase, repeatAfterMs: draw(DRAWS.repeat) % REPEAT_WITHIN_MS };
  }

  private prefixOf(phase: string): string {
    const prefix = this.prefixes.get(phase) ?? eventIdPrefix(this.run.runId, phase);
    this.prefixes.set(phase, prefix);
    return prefix;
  }
}
