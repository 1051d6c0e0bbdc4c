// What is bought, as the environment says. See README.md for the settings.
import { countFrom, labPhases, numberFrom } from './load.ts';
import { type PurchaseMix, stockFor } from './purchases.ts';
import { ZipfSampler, zipfShares } from './zipf.ts';

/** Each VU has a table of them. */
const SKUS_MAX = 10_000;
/** What the stage takes. */
const QUANTITY_MAX = 1_000;
/** Of a run by itself, what there is covers so much of the demand: the last customers find empty shelves. */
const COVERED = 0.95;
/** In an experiment every customer can have what he wants: shelves do not empty in its last phase. */
const PLENTY = 1_000_000;

export const mix: PurchaseMix = {
  skus: countFrom('SKUS', 1, SKUS_MAX),
  exponent: numberFrom('ZIPF', 1),
  quantity: countFrom('QUANTITY', 1, QUANTITY_MAX),
};

/** Made before the load begins: a thousand ranks take a VU a millisecond. */
export const ranks = new ZipfSampler(zipfShares(mix.skus, mix.exponent));

/** Units of each product, by rank. @param planned purchases of a run by itself */
export function stockOf(planned: number): number[] {
  const given = __ENV['INITIAL'] ? numberFrom('INITIAL', 0) : undefined;
  const preset = stockFor(mix, planned, COVERED);
  return preset.map((covering) => given ?? (labPhases ? PLENTY : covering));
}
