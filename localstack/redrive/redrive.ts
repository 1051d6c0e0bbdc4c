import { TransientError } from '../../shared/errors.ts';
import type { TriggerLogger } from '../triggers/event-source.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import { connectStream, type StreamClient } from '../triggers/stream-client/client.ts';
import { queryOffset, storeOffset } from '../triggers/stream-client/offsets.ts';
import { streamEnd } from '../triggers/stream-client/stream-end.ts';
import { StreamClientError } from '../triggers/stream-client/stream-error.ts';
import { pages } from './dead-letter-pages.ts';
import { type Declare, incarnationOf, type Lane, type LaneEntry, openLanes } from './lanes.ts';
import { letterLines } from './letter-lines.ts';
import { isPicking, type RedriveOptions } from './redrive-options.ts';
import { redriveReport } from './redrive-report.ts';
import { type Sorted, sortPage } from './sort-page.ts';
import { storedOffset } from './stored-offset.ts';

interface Surroundings {
  /** Of the broker's stream listener. */
  readonly url: string;
  readonly print: (line: string) => void;
  readonly logger: TriggerLogger;
  /** How a publisher is declared; the real one but in tests. */
  readonly declare?: Declare;
}

/** Whose stored offset in the stream of dead letters is the position: all before it is redriven. */
const CONSUMER = 'redrive';
const NO_SUCH_STREAM = 2;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;
const HEARTBEAT_S = 10;

/**
 * Publishes dead letters to the streams they came from, as they were, from the position on to what is there now. At whatever moment
 * it ends: none is lost, and none is stored twice (see `lanes.ts`).
 * @returns exit code: 0, or 1 when a dead letter cannot be redriven, which stays, and so does the position before it; or when
 * none is of the stream or function asked for
 * @throws TransientError `broker_unavailable`, `redrive_interrupted`
 */
export async function redrive(options: RedriveOptions, surroundings: Surroundings): Promise<number> {
  const client = await connected(surroundings);
  try {
    return await redriveWith(client, options, surroundings);
  } catch (error) {
    if (!(error instanceof StreamClientError)) throw error;
    const message = `The redrive broke off: ${error.message}. What was redriven is not redriven again: run it anew`;
    throw new TransientError('redrive_interrupted', message, { cause: error });
  } finally {
    await client.close();
  }
}

async function redriveWith(client: StreamClient, options: RedriveOptions, to: Surroundings): Promise<number> {
  const { from: stream, mode, limit } = options;
  const key = { client, stream, consumerName: CONSUMER };
  const range = await rangeOf(client, stream);
  if (options.show !== undefined && range !== undefined) return await show(client, stream, options.show, range.end, to);
  if (range === undefined || range.position >= range.end) {
    const found = range === undefined ? `There is no stream ${stream}` : `No dead letter is left in ${stream}`;
    to.print(`${found}: nothing to redrive.`);
    return 0;
  }
  const report = redriveReport(options, to.print);
  report.begin(range.position, range.end);
  const incarnation = await incarnationOf({ client, stream }, mode === 'redrive');
  const picked = isPicking(options);
  const laneOf = openLanes({
    client,
    incarnation,
    picked,
    ...(to.declare === undefined ? {} : { declare: to.declare }),
  });
  let stored = range.position;
  let published = 0;
  /** The first that is not redriven: the position goes no further. */
  let open: bigint | undefined;
  let next = range.position;
  for await (const records of pages({ client, stream }, range.position, range.end)) {
    let sorted = await sortPage(records, options, limit - published, laneOf);
    if (mode === 'redrive') sorted = await publishDue(sorted);
    report.page(sorted.filter(({ is }) => is !== 'beyondLimit'));
    published += sorted.filter(({ is }) => is === 'due').length;
    open ??= sorted.find(({ is }) => is !== 'done' && is !== 'skipped' && (is !== 'due' || mode !== 'redrive'))?.offset;
    next = open ?? (sorted.at(-1)?.offset ?? next) + 1n;
    if (mode === 'redrive' && next > stored) {
      storeOffset({ ...key, next });
      stored = next;
    }
    if (published >= limit) break;
  }
  // Also the last one stored on the way: a command that says where the next begins has it stored.
  if (stored > range.position) await storedOffset(key, stored);
  report.end(next);
  return report.isAsAsked() ? 0 : 1;
}

async function show(client: StreamClient, stream: string, offset: bigint, end: bigint, to: Surroundings) {
  const last = offset < end ? offset + 1n : offset;
  for await (const records of pages({ client, stream }, offset, last)) {
    const record = records.find((one) => one.offset === offset);
    if (record === undefined) continue;
    for (const line of letterLines(record)) to.print(line);
    return 0;
  }
  to.print(`✗ There is no dead letter at offset ${offset} of ${stream}, which ends at ${end}`);
  return 1;
}

/** How many dead letters wait to be redriven, at most: offsets that the broker keeps for itself are among them. @throws TransientError */
export async function deadLettersLeft(url: string, stream: string): Promise<bigint> {
  const client = await connected({ url, logger: silentLogger });
  try {
    const range = await rangeOf(client, stream);
    return range === undefined || range.position > range.end ? 0n : range.end - range.position;
  } finally {
    await client.close();
  }
}

/** Publishes what is due, confirmed, lane by lane; what a lane did not take comes back as a problem. */
async function publishDue(sorted: readonly Sorted[]): Promise<Sorted[]> {
  const byLane = new Map<Lane, LaneEntry[]>();
  for (const one of sorted) {
    if (one.is !== 'due') continue;
    const entries = byLane.get(one.lane) ?? [];
    entries.push({ offset: one.offset, bytes: one.letter.bytes });
    byLane.set(one.lane, entries);
  }
  for (const [lane, entries] of byLane) await lane.publish(entries);
  return sorted.map((one) => {
    const problem = one.is === 'due' ? one.lane.problem : undefined;
    return problem === undefined ? one : { offset: one.offset, is: 'problem', problem };
  });
}

/** From the position to the end as it is now: what is redriven may fail again, and come back behind it. */
async function rangeOf(client: StreamClient, stream: string): Promise<{ position: bigint; end: bigint } | undefined> {
  try {
    const end = await streamEnd(client, stream);
    const position = await queryOffset({ client, stream, consumerName: CONSUMER });
    return { position: position ?? 0n, end };
  } catch (error) {
    if (error instanceof StreamClientError && error.responseCode === NO_SUCH_STREAM) return undefined;
    throw error;
  }
}

async function connected({ url, logger }: Pick<Surroundings, 'url' | 'logger'>): Promise<StreamClient> {
  try {
    return await connectStream({
      url,
      logger,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      heartbeatS: HEARTBEAT_S,
      connectionName: 'redrive',
      onClosed: () => undefined,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The broker cannot be reached: ${why}\n  Is 'npm start' running? HEARTLINE_STREAM_URL names another broker`;
    throw new TransientError('broker_unavailable', message, { cause: error });
  }
}
