/** mulberry32: small, and the same everywhere for a seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

/** Constructors and sizes that mean the most when they turn up where they should not. */
const NASTY_BYTES = [
  0x00, 0x40, 0x41, 0x45, 0x53, 0x7f, 0x80, 0x98, 0xa0, 0xb0, 0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xf0, 0xff,
];

/** Cuts, flips, splices, overwrites, repeats, at places that the seed says. */
export function mutate(bytes: Buffer, other: Buffer, seed: number): Buffer {
  const random = randomFrom(seed);
  const mutated = Buffer.from(bytes);
  const at = random(bytes.length);
  switch (random(6)) {
    case 0:
      return mutated.subarray(0, at);
    case 1:
      mutated[at] = (mutated[at] ?? 0) ^ (1 << random(8));
      return mutated;
    case 2:
      mutated[at] = NASTY_BYTES[random(NASTY_BYTES.length)] ?? 0;
      return mutated;
    case 3:
      return Buffer.concat([mutated.subarray(0, at), other.subarray(random(other.length))]);
    case 4:
      return Buffer.concat([mutated.subarray(0, at), mutated.subarray(at, at + random(9)), mutated.subarray(at)]);
    default:
      return mutated.fill(0xff, at, Math.min(mutated.length, at + 1 + random(4)));
  }
}
