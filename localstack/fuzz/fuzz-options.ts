import { parseArgs } from 'node:util';

export interface FuzzCommand {
  url: string | undefined;
  runs: number;
  seed: number;
}

/** Some seconds in all. */
const DEFAULT_RUNS = 100;
const SEED_MAX = 2 ** 31 - 1;

const isCount = (text: string) => /^[1-9]\d{0,8}$/.test(text);

/** @returns what was asked for, or what is wrong with the arguments */
export function fuzzOptions(args: readonly string[]): FuzzCommand | { wrong: string } {
  try {
    const options = { url: { type: 'string' }, runs: { type: 'string' }, seed: { type: 'string' } } as const;
    const { url, runs = String(DEFAULT_RUNS), seed } = parseArgs({ args: [...args], options }).values;
    if (url !== undefined && !/^https?:\/\//.test(URL.parse(url)?.href ?? ''))
      return { wrong: `--url ${url}: give one as http://127.0.0.1:3000` };
    if (!isCount(runs)) return { wrong: `--runs ${runs}: give a whole number of requests a route` };
    if (seed !== undefined && !(/^\d+$/.test(seed) && Number(seed) <= SEED_MAX))
      return { wrong: `--seed ${seed}: give a whole number up to ${SEED_MAX}` };
    return { url, runs: Number(runs), seed: seed === undefined ? Date.now() % SEED_MAX : Number(seed) };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
