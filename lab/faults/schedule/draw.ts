import { hash } from 'node:crypto';

/** Of the digest's bytes: 6 are exact in a double. */
const DRAW_BYTES = 6;
const DRAWS = 2 ** (8 * DRAW_BYTES);

/** Numbers of a seed, each by a name of its own: what one decides does not depend on what else is drawn. */
export interface Draws {
  /** From 0 to below 1. */
  unit(name: string): number;
  /** A whole number, both ends included. */
  whole(name: string, from: number, to: number): number;
  one<T>(name: string, from: readonly [T, ...T[]]): T;
}

export function drawsOf(seed: number): Draws {
  const unit = (name: string) => hash('sha256', `${seed}\n${name}`, 'buffer').readUIntBE(0, DRAW_BYTES) / DRAWS;
  const whole = (name: string, from: number, to: number) => from + Math.floor(unit(name) * (to - from + 1));
  return { unit, whole, one: (name, from) => from[whole(name, 0, from.length - 1)] ?? from[0] };
}
