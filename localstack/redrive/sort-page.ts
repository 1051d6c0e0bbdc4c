import { decodeMessage } from '../triggers/stream-client/amqp-message.ts';
import type { StreamRecord } from '../triggers/stream-client/delivery-queue.ts';
import { type ReadDeadLetter, readDeadLetter } from '../triggers/stream-publisher/dead-letter.ts';
import type { Lane } from './lanes.ts';
import type { RedriveOptions } from './redrive-options.ts';

/** A record of the stream of dead letters, and what becomes of it. */
export type Sorted = { readonly offset: bigint } & (
  | { readonly is: 'due'; readonly letter: ReadDeadLetter; readonly lane: Lane }
  | { readonly is: 'done' | 'other' | 'beyondLimit'; readonly letter: ReadDeadLetter }
  /** Asked to be left for good. */
  | { readonly is: 'skipped' }
  | { readonly is: 'problem'; readonly problem: string }
);

/** Sorts a page; what is `due` is to be published, in this order. */
export async function sortPage(
  records: readonly StreamRecord[],
  options: Pick<RedriveOptions, 'from' | 'stream' | 'functionName' | 'events' | 'sinceMs' | 'skip'>,
  limit: number,
  laneOf: (stream: string, functionName: string) => Promise<Lane>,
): Promise<Sorted[]> {
  const sorted: Sorted[] = [];
  let due = 0;
  for (const record of records) {
    const { offset } = record;
    if (options.skip.has(offset)) {
      sorted.push({ offset, is: 'skipped' });
      continue;
    }
    const letter = readDeadLetter(record);
    if ('problem' in letter) {
      sorted.push({ offset, is: 'problem', problem: letter.problem });
      continue;
    }
    const { partition, functionName } = letter;
    if (!isAsked(letter, options)) {
      sorted.push({ offset, is: 'other', letter });
      continue;
    }
    const problem = ownProblem(letter, options.from);
    const lane = problem === undefined ? await laneOf(partition, functionName) : undefined;
    if (lane?.doneBefore === undefined) {
      sorted.push({ offset, is: 'problem', problem: problem ?? lane?.problem ?? 'it cannot be published' });
    } else if (offset < lane.doneBefore) sorted.push({ offset, is: 'done', letter });
    else if (due >= limit) sorted.push({ offset, is: 'beyondLimit', letter });
    else {
      due += 1;
      sorted.push({ offset, is: 'due', letter, lane });
    }
  }
  return sorted;
}

type Asked = Pick<RedriveOptions, 'stream' | 'functionName' | 'events' | 'sinceMs'>;

function isAsked({ partition, functionName: name, atMs, bytes }: ReadDeadLetter, asked: Asked): boolean {
  const { stream, functionName, events, sinceMs } = asked;
  if (stream !== undefined && partition !== stream && !partition.startsWith(`${stream}-`)) return false;
  if (functionName !== undefined && name !== functionName) return false;
  if (sinceMs !== undefined && atMs < sinceMs) return false;
  return events.size === 0 || events.has(eventIdOf(bytes) ?? '');
}

function eventIdOf(bytes: Buffer): string | undefined {
  const message = decodeMessage(bytes);
  const eventId = message.undecodable === undefined ? message.applicationProperties?.get('eventId') : undefined;
  return typeof eventId === 'string' ? eventId : undefined;
}

/** What keeps a dead letter from being published, whatever the broker says. */
function ownProblem({ partition, truncatedFrom }: ReadDeadLetter, from: string): string | undefined {
  if (partition === from) return 'it came from the dead letters themselves';
  if (truncatedFrom === undefined) return undefined;
  return `its record of ${truncatedFrom} bytes was cut to fit a dead letter`;
}
