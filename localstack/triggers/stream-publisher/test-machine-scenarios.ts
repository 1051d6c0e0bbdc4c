import fc from 'fast-check';

/** The largest message that a frame takes. */
export const MESSAGE_BYTES_MAX = 40;

type Action =
  | { readonly do: 'publish'; readonly sizes: readonly number[]; readonly withinMs: number }
  | { readonly do: 'connect' | 'disconnect' | 'refuse' | 'cancel' | 'sequence' }
  /** So many of what is on its way reach the broker; so many of its confirmations reach the publisher. */
  | { readonly do: 'arrive' | 'confirm'; readonly count: number }
  | { readonly do: 'wait'; readonly ms: number };

export interface Scenario {
  readonly named: boolean;
  /** What an earlier process of the name has left. */
  readonly sequence: bigint;
  readonly actions: readonly Action[];
}

const few = fc.integer({ min: 1, max: 6 });
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      sizes: fc.array(fc.integer({ min: 1, max: MESSAGE_BYTES_MAX + 2 }), { maxLength: 5 }),
      withinMs: fc.constantFrom(5, 30, 1_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('arrive' as const, 'confirm' as const), count: few }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('connect' as const, 'connect' as const, 'disconnect' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('refuse' as const, 'cancel' as const, 'sequence' as const) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20 }) }) },
);
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  named: fc.boolean(),
  sequence: fc.constantFrom(0n, 3n, 99n << 16n),
  actions: fc.array(actions, { minLength: 5, maxLength: 60 }),
});
