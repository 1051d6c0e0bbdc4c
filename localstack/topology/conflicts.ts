import type { StreamSpec } from '../../shared/topology/topology-schema.ts';
import { ageText, sizeText } from '../../shared/topology/units.ts';
import type { BindingDeclaration, ExchangeDeclaration, PolicyDeclaration } from './declarations.ts';
import type { Difference } from './differences.ts';
import type { FoundBinding, FoundExchange, FoundPolicy, FoundQueue } from './observe.ts';

const SEGMENT = 'x-stream-max-segment-size-bytes';
const MAX_LENGTH = 'x-max-length-bytes';
const MAX_AGE = 'x-max-age';
/** RabbitMQ's default where a stream says none. */
const SEGMENT_BYTES_DEFAULT = 500_000_000;

/** Units of RabbitMQ's `max-age`, seconds. */
const AGE_UNIT_S: Readonly<Record<string, number>> = {
  Y: 31_536_000,
  M: 2_592_000,
  D: 86_400,
  h: 3_600,
  m: 60,
  s: 1,
};

type Where = Pick<BindingDeclaration, 'source' | 'destination' | 'routingKey'>;

export const bindingText = ({ source, destination, routingKey }: Where): string =>
  `${source} → ${destination}${routingKey === '' ? '' : ` (${routingKey})`}`;

/** A queue of the name that is no stream, or one with arguments that were given for good. */
export function otherStream(spec: StreamSpec, stream: string, queue: FoundQueue): Difference[] {
  const refused = (text: string, advice: string): Difference => ({
    kind: 'refused',
    object: `stream ${stream}`,
    text,
    advice,
  });
  if (queue.type !== 'stream') {
    return [refused(`found a queue of type ${queue.type}`, 'Delete that queue, or call the stream something else.')];
  }
  const differences: Difference[] = [];
  const segment = queue.arguments[SEGMENT] ?? SEGMENT_BYTES_DEFAULT;
  if (segment !== spec.segmentBytes) {
    const found = sizeText(Number(segment));
    differences.push(
      refused(
        `segment: found ${found}, the file says ${sizeText(spec.segmentBytes)}`,
        `A segment size is for good: write "${found}" into the file, or delete the stream with its records.`,
      ),
    );
  }
  const length = queue.arguments[MAX_LENGTH];
  if (typeof length === 'number' && length < spec.maxLengthBytes) {
    differences.push(bounded('maxLength', MAX_LENGTH, sizeText(length), sizeText(spec.maxLengthBytes)));
  }
  const ageS = ageInSeconds(queue.arguments[MAX_AGE]);
  if (ageS !== undefined && ageS < spec.maxAgeS) {
    differences.push(bounded('maxAge', MAX_AGE, ageText(ageS), ageText(spec.maxAgeS)));
  }
  return differences;

  function bounded(name: string, argument: string, found: string, wanted: string): Difference {
    return refused(
      `${name}: found ${found}, the file says ${wanted}`,
      `It was created with ${argument}, which no policy can exceed: write "${found}" into the file, or delete the ` +
        'stream with its records.',
    );
  }
}

function ageInSeconds(age: unknown): number | undefined {
  const [, digits, unit = ''] = typeof age === 'string' ? (/^(\d+)([YMDhms])$/.exec(age) ?? []) : [];
  return digits === undefined ? undefined : Number(digits) * (AGE_UNIT_S[unit] ?? 1);
}

/** Exchanges cannot be changed, only deleted. */
export function otherExchange(exchange: ExchangeDeclaration, found: FoundExchange): Difference {
  type Shown = Pick<FoundExchange, 'type' | 'internal'> & { readonly arguments: object };
  const show = ({ type, internal, arguments: args }: Shown) =>
    `${type}${internal ? ', internal' : ''}, ${JSON.stringify(args)}`;
  const wanted = show(exchange);
  return {
    kind: 'refused',
    object: `exchange ${exchange.name}`,
    text: `found ${found.durable ? '' : 'not durable, '}${show(found)}, wanted ${wanted}`,
    advice: 'Delete that exchange if nobody else uses it: the next start makes the right one, with its bindings.',
  };
}

/** A binding that the file does not have, at an exchange or a stream that it does. */
export function foreignBinding(spec: StreamSpec, binding: FoundBinding): Difference {
  const isPartition = binding.source === spec.name;
  return {
    kind: 'refused',
    object: `binding ${bindingText(binding)}`,
    text: isPartition ? 'is a partition that the file does not have' : 'is not in the file',
    advice: isPartition
      ? 'Records in it would have no consumer. Write the partition into the file, or remove the binding once all of ' +
        'it is consumed.'
      : 'Remove it: with it, a record may be stored twice, or not at all. If it is a ward that moved to another ' +
        "partition: its patients' order holds only if the older is consumed first.",
    action: { do: 'unbind', binding },
  };
}

/** Streams that our policy governs, and that the file has no longer: with the new policy, their records would stay for ever. */
export function abandonedStreams({ name }: PolicyDeclaration, streams: readonly string[]): Difference {
  return {
    kind: 'refused',
    object: `policy ${name}`,
    text: `governs ${streams.join(', ')}, which the file no longer has`,
    advice:
      'What is in them would have no consumer and no retention. Write them back into the file, or give what takes ' +
      'their place another name; or delete them once nobody needs their records.',
  };
}

const APPLY_TO = ['all', 'queues', 'streams'];

/** Another policy that governs one of these streams: a queue has one policy, that of the highest priority. */
export function rivalPolicy(
  own: PolicyDeclaration,
  streams: readonly string[],
  other: FoundPolicy,
): Difference | undefined {
  if (other.name === own.name || other.priority < own.priority || !APPLY_TO.includes(other['apply-to']))
    return undefined;
  const stream = streams.find((name) => matches(other.pattern, name));
  if (stream === undefined) return undefined;
  return {
    kind: 'refused',
    object: `policy ${other.name}`,
    text: `governs ${stream} with priority ${other.priority}; ${own.name} has ${own.priority}`,
    advice: `The file's retention does not hold for it. Give that policy a priority below ${own.priority}, or a pattern without our streams.`,
  };
}

/** The broker's patterns are PCRE; the few that JavaScript does not read are taken for none of ours. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
