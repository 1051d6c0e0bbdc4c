import { hash } from 'node:crypto';

/** What a decision depends on, and nothing else does: neither time nor the order of arrival. */
export interface DecisionKey {
  readonly seed: number;
  readonly toxic: string;
  /** Of the message: see identity.ts. */
  readonly identity: string;
  /** The how manieth time the toxic sees this identity, from 1. */
  readonly occurrence: number;
}

export interface Draw {
  /** Hit when below the toxic's rate. */
  readonly chance: number;
  /** For how long or how far, when hit. */
  readonly extent: number;
}

/** A float has 53 bits of precision: the draw is the upper 53 of each 64. */
const DISCARDED_BITS = 11n;
const STEPS = 2 ** 53;
const SECOND_DRAW_BYTE = 8;

/**
 * Two independent numbers, evenly spread over [0, 1). No field but the last can hold a line break, so no two keys are
 * hashed alike. Of one seed and name, what a rate of 0.1 hits is among what a rate of 0.2 hits.
 */
export function draw({ seed, toxic, identity, occurrence }: DecisionKey): Draw {
  const digest = hash('sha256', `${seed}\n${toxic}\n${occurrence}\n${identity}`, 'buffer');
  return { chance: unitInterval(digest, 0), extent: unitInterval(digest, SECOND_DRAW_BYTE) };
}

function unitInterval(digest: Buffer, offset: number): number {
  return Number(digest.readBigUInt64BE(offset) >> DISCARDED_BITS) / STEPS;
}
