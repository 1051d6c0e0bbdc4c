import { PROCESS_START, type Scrape, type ScrapedTarget } from './scrapes.ts';

/** A scrape that read its page. */
export type GoodScrape = Scrape & { readonly values: Float64Array };
export const isGood = (scrape: Scrape): scrape is GoodScrape => scrape.values !== undefined;

/** Start times are whole seconds with some exporters; a process does not start twice within less. */
const SAME_START_S = 1;

/**
 * By how much a counter grew over these scrapes of one page. A series that is not there counts as 0: it had not been touched, or the
 * process is a new one. A counter that fell, or whose process started anew, was at 0 in between.
 */
export function counterIncrease(target: ScrapedTarget, scrapes: readonly GoodScrape[], place: number): number {
  const startPlace = target.series.findIndex(({ name }) => name === PROCESS_START);
  let sum = 0;
  let before = 0;
  let beforeStart = Number.NaN;
  for (const [index, { values }] of scrapes.entries()) {
    const now = valueAt(values, place);
    const start = values[startPlace] ?? Number.NaN;
    const isNew = start - beforeStart > SAME_START_S || now < before;
    if (index > 0) sum += isNew ? now : now - before;
    before = now;
    beforeStart = start;
  }
  return sum;
}

function valueAt(values: Float64Array, place: number): number {
  const value = values[place];
  return value === undefined || Number.isNaN(value) ? 0 : value;
}
