// Everything about a message but the wall clock follows from the run's seed, its phase and its number, in every run alike.

const HEX = 16;
const hex = (value: number, digits: number) => value.toString(HEX).padStart(digits, '0').slice(-digits);

/** 32 bits of a text, well mixed (MurmurHash3 by A. Appleby, public domain; over UTF-16 units). */
export function hash32(text: string, seed = 0): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    let unit = Math.imul(text.charCodeAt(index), 0xcc9e2d51);
    unit = Math.imul((unit << 15) | (unit >>> 17), 0x1b873593);
    hash ^= unit;
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  return mixed(hash ^ text.length);
}

/** The finish of MurmurHash3: each bit depends on all. */
function mixed(value: number): number {
  const half = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return (whole ^ (whole >>> 16)) >>> 0;
}

/** Eight hex digits, the first group of every event id of a run. */
export const runIdOf = (seed: string) => hex(hash32(seed), 8);

/** Hex digits that say the phase: 28 bits, so that two names of one load do not meet. */
const phaseCode = (phase: string) => hex(hash32(phase), 7);

/**
 * What all event ids of a run's phase begin with. They are UUIDs of version 8 (RFC 9562: the meaning of their bits is ours), so
 * that run, phase and number can be read off them.
 */
export function eventIdPrefix(runId: string, phase: string): string {
  const code = phaseCode(phase);
  return `${runId}-${code.slice(0, 4)}-8${code.slice(4)}-8000-`;
}

export const eventIdOf = (prefix: string, number: number) => prefix + hex(number, 12);

/** W3C trace context, sampled: the event's id is the id of its trace. */
export function traceparentOf(eventId: string): string {
  const digits = eventId.replaceAll('-', '');
  return `00-${digits}-${digits.slice(0, 16)}-01`;
}

/** The numbers 0 to count − 1 in an order that the seed decides (Fisher and Yates). */
export function shuffled(count: number, seed: string): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = hash32(seed);
  for (let last = count - 1; last > 0; last--) {
    state = (state + 0x9e3779b9) | 0; // the golden ratio's bits: all states differ
    const other = mixed(state) % (last + 1);
    const moved = order[last] ?? last;
    order[last] = order[other] ?? other;
    order[other] = moved;
  }
  return order;
}
