import { abandonedStreams, bindingText, foreignBinding, otherExchange, otherStream, rivalPolicy } from './conflicts.ts';
import {
  type BindingDeclaration,
  type Declarations,
  type ExchangeDeclaration,
  governedBy,
  type PolicyDeclaration,
} from './declarations.ts';
import type { Found, FoundBinding } from './observe.ts';

/** What makes a broker agree with the file. */
export type Action =
  | { readonly do: 'policy'; readonly policy: PolicyDeclaration }
  | { readonly do: 'stream'; readonly stream: string; readonly segmentBytes: number }
  | { readonly do: 'exchange'; readonly exchange: ExchangeDeclaration }
  | { readonly do: 'bind'; readonly binding: BindingDeclaration }
  | { readonly do: 'unbind'; readonly binding: FoundBinding };

/** One thing in which a broker and the file differ. */
export interface Difference {
  /**
   * `created`: not there yet. `repaired`: its streams are there and it is not: lost, or new in the file. `updated`: a retention, which may change at any
   * time. `refused`: for a person to decide.
   */
  readonly kind: 'created' | 'repaired' | 'updated' | 'refused';
  /** Such as `binding amq.topic → alerts.raw.wards (hl.#.alert)`. */
  readonly object: string;
  /** What is found and what the file says, in words. */
  readonly text: string;
  /** With `refused`: what to do. */
  readonly advice?: string;
  /** Undefined: nothing but a person can. With `refused`: done once publishers are stopped and consumers are done. */
  readonly action?: Action;
}

/** Every difference, in the order in which to act. Pure. */
export const differencesOf = (all: readonly Declarations[], found: Found): Difference[] =>
  all.flatMap((declared) => [
    ...policyDifferences(declared, found),
    ...streamDifferences(declared, found),
    ...exchangeDifferences(declared, found),
    ...bindingDifferences(declared, found),
  ]);

const isThere = ({ streams }: Declarations, { queues }: Found) => streams.every((stream) => queues.has(stream));

const missing = (declared: Declarations, found: Found, object: string, action: Action): Difference =>
  isThere(declared, found)
    ? { kind: 'repaired', object, text: 'is not there: lost, or new in the file', action }
    : { kind: 'created', object, text: 'is not there', action };

function policyDifferences(declared: Declarations, found: Found): Difference[] {
  const { policy, streams } = declared;
  const rivals = found.policies.flatMap((other) => rivalPolicy(policy, streams, other) ?? []);
  const object = `policy ${policy.name}`;
  const action: Action = { do: 'policy', policy };
  const own = found.policies.find(({ name }) => name === policy.name);
  if (own === undefined) return [...rivals, missing(declared, found, object, action)];
  const same =
    own.pattern === policy.pattern &&
    own.priority === policy.priority &&
    own['apply-to'] === 'streams' &&
    sameArguments(own.definition, policy.definition);
  if (same) return rivals;
  const left = governedBy(own.pattern).filter((name) => !streams.includes(name) && found.queues.has(name));
  if (left.length > 0) return [...rivals, abandonedStreams(policy, left)];
  const patterns = own.pattern === policy.pattern ? '' : `${own.pattern} → ${policy.pattern}, `;
  const text = `${patterns}${retention(own.definition)} → ${retention(policy.definition)}`;
  return [...rivals, { kind: 'updated', object, text, action }];
}

const retention = (definition: Readonly<Record<string, unknown>>) =>
  `max-age ${definition['max-age'] ?? 'none'}, max-length-bytes ${definition['max-length-bytes'] ?? 'none'}`;

function streamDifferences({ spec, streams }: Declarations, { queues }: Found): Difference[] {
  const inUse = streams.some((stream) => queues.get(stream)?.used === true);
  return streams.flatMap((stream): Difference[] => {
    const queue = queues.get(stream);
    if (queue !== undefined) return otherStream(spec, stream, queue);
    const object = `stream ${stream}`;
    const action: Action = { do: 'stream', stream, segmentBytes: spec.segmentBytes };
    if (!inUse) return [{ kind: 'created', object, text: 'is not there', action }];
    return [
      {
        kind: 'refused',
        object,
        text: `is not there, and other partitions of ${spec.name} hold records`,
        advice:
          "A partition that was lost has taken its records and its consumers' place with it. A new one takes wards " +
          'over: what a patient has in two partitions is processed in any order, until the older is consumed.',
        action,
      },
    ];
  });
}

function exchangeDifferences(declared: Declarations, found: Found): Difference[] {
  return declared.exchanges.flatMap((exchange): Difference[] => {
    const there = found.exchanges.get(exchange.name);
    if (there === undefined) {
      return [missing(declared, found, `exchange ${exchange.name}`, { do: 'exchange', exchange })];
    }
    const { type, internal, durable } = there;
    const same =
      type === exchange.type &&
      internal === exchange.internal &&
      durable &&
      sameArguments(there.arguments, exchange.arguments);
    return same ? [] : [otherExchange(exchange, there)];
  });
}

function bindingDifferences(declared: Declarations, found: Found): Difference[] {
  const { bindings, exchanges, streams, spec } = declared;
  const lost = bindings
    .filter((binding) => !found.bindings.some((other) => sameBinding(binding, other)))
    .map((binding) => missing(declared, found, `binding ${bindingText(binding)}`, { do: 'bind', binding }));
  const names = new Set(exchanges.map(({ name }) => name));
  const touches = ({ source, destination, destinationType }: FoundBinding) =>
    names.has(source) || (destinationType === 'queue' ? streams.includes(destination) : names.has(destination));
  const foreign = found.bindings
    .filter((other) => touches(other) && !bindings.some((binding) => sameBinding(binding, other)))
    .map((other) => foreignBinding(spec, other));
  // Bound in two places, a record is stored twice; in none, it goes to `others`: so what is wrong goes first.
  return [...foreign, ...lost];
}

const sameBinding = (binding: BindingDeclaration, other: FoundBinding): boolean =>
  binding.source === other.source &&
  binding.destination === other.destination &&
  binding.destinationType === other.destinationType &&
  binding.routingKey === other.routingKey &&
  sameArguments(binding.arguments, other.arguments);

function sameArguments(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
