import type { MachineOptions, MachineRecord, MachineState, Waiting } from './machine-types.ts';

/** What `{"Records":[]}` takes beside the records. */
const EVENT_ENVELOPE_BYTES = 14;
/** How late a batch may start because a timer was late; more means that it waited for a free invocation. */
const TIMER_TOLERANCE_MS = 250;

type Lanes<R extends MachineRecord> = MachineState<R>['lanes'];

/**
 * How many records of one attempt go into a batch. A batch that failed as a whole comes back in ever smaller ones, one
 * record at the last attempt: a record that fails or kills every invocation ends up alone, and its batch mates succeed
 * without it. Geometric, so that 10,000 records narrow as 10,000, 1,000, 100, 10, 1 in the default five attempts; with
 * attempts for ever, by halves.
 */
export function batchLimit(attempt: number, { batchSize, maximumAttempts }: MachineOptions): number {
  if (attempt <= 1) return batchSize;
  if (maximumAttempts === Infinity) return Math.ceil(batchSize / 2 ** (attempt - 1));
  return Math.ceil(batchSize ** Math.max(0, (maximumAttempts - attempt) / (maximumAttempts - 1)));
}

/** Adds records behind those already waiting for the same attempt. */
export function enqueue<R extends MachineRecord>(lanes: Lanes<R>, records: readonly R[], nowMs: number): Lanes<R> {
  if (records.length === 0) return lanes;
  const added = Map.groupBy(records, (record) => record.attempt);
  const next = new Map(lanes);
  for (const [attempt, arrivals] of added) {
    next.set(attempt, [...(lanes.get(attempt) ?? []), ...arrivals.map((record) => ({ record, arrivedMs: nowMs }))]);
  }
  return next;
}

/** How many records at the head of a lane make one batch: by count and by bytes, at least one. */
function headLength<R extends MachineRecord>(lane: readonly Waiting<R>[], limit: number, bytesMax: number): number {
  let bytes = EVENT_ENVELOPE_BYTES;
  let length = 0;
  for (const { record } of lane) {
    // One byte for the comma between two records.
    bytes += record.bytes + 1;
    if (length === limit || (length > 0 && bytes > bytesMax)) break;
    length += 1;
  }
  return length;
}

/** When the first record of a lane has waited its window: fresh records gather, redelivered ones have waited already. */
function dueMs<R extends MachineRecord>(attempt: number, first: Waiting<R>, options: MachineOptions): number {
  return attempt > 1 ? first.arrivedMs : first.arrivedMs + options.windowMs;
}

/** Takes the batch that is due and has waited longest; undefined when none is due. */
export function takeDueBatch<R extends MachineRecord>(
  lanes: Lanes<R>,
  options: MachineOptions,
  nowMs: number,
): { readonly lanes: Lanes<R>; readonly records: readonly R[] } | undefined {
  let chosen: { attempt: number; lane: readonly Waiting<R>[]; length: number; arrivedMs: number } | undefined;
  for (const [attempt, lane] of lanes) {
    const [first] = lane;
    if (first === undefined || (chosen !== undefined && first.arrivedMs >= chosen.arrivedMs)) continue;
    const limit = batchLimit(attempt, options);
    const length = headLength(lane, limit, options.batchBytesMax);
    const full = length === limit || length < lane.length;
    if (full || nowMs >= dueMs(attempt, first, options)) {
      chosen = { attempt, lane, length, arrivedMs: first.arrivedMs };
    }
  }
  if (chosen === undefined) return undefined;
  const { attempt, lane, length } = chosen;
  const next = new Map(lanes);
  if (length === lane.length) next.delete(attempt);
  else next.set(attempt, lane.slice(length));
  return { lanes: next, records: lane.slice(0, length).map(({ record }) => record) };
}

/**
 * True when a record has waited so long for a free invocation that it could become visible to others before the
 * invocation ends. Its window alone never makes it so: visibilityTimeout covers window and time-out.
 */
function tooLateMs<R extends MachineRecord>({ record, arrivedMs }: Waiting<R>, options: MachineOptions): number {
  const waitedMs = arrivedMs + options.windowMs + TIMER_TOLERANCE_MS;
  return Math.max(waitedMs, record.visibleUntilMs - options.invocationMs);
}

/** Splits off the records that can no longer be run in time; they are better given back than run twice at once. */
export function takeTooLate<R extends MachineRecord>(
  lanes: Lanes<R>,
  options: MachineOptions,
  nowMs: number,
): { readonly lanes: Lanes<R>; readonly records: readonly R[] } {
  const late: R[] = [];
  const next = new Map<number, readonly Waiting<R>[]>();
  for (const [attempt, lane] of lanes) {
    const kept = lane.filter((waiting) => nowMs <= tooLateMs(waiting, options));
    if (kept.length < lane.length) {
      late.push(...lane.filter((waiting) => nowMs > tooLateMs(waiting, options)).map(({ record }) => record));
    }
    if (kept.length > 0) next.set(attempt, kept);
  }
  return late.length === 0 ? { lanes, records: late } : { lanes: next, records: late };
}

/** How many records may be read now, so that each can be invoked without waiting for an invocation to end. */
export function readCapacity<R extends MachineRecord>(state: MachineState<R>, options: MachineOptions): number {
  let free = options.maximumConcurrency - state.inFlight.size;
  for (const [attempt, lane] of state.lanes) {
    if (attempt > 1) free -= Math.ceil(lane.length / batchLimit(attempt, options));
  }
  const fresh = state.lanes.get(1)?.length ?? 0;
  return Math.max(0, Math.min(options.readMax, free * options.batchSize - fresh));
}

/** When something in the lanes changes by itself: a window ends, or a record has waited too long. */
export function nextLaneMs<R extends MachineRecord>(
  state: MachineState<R>,
  options: MachineOptions,
  nowMs: number,
): number | undefined {
  let at: number | undefined;
  const free = state.inFlight.size < options.maximumConcurrency;
  for (const [attempt, lane] of state.lanes) {
    const [first] = lane;
    if (first === undefined) continue;
    const nextMs = free ? dueMs(attempt, first, options) : tooLateMs(first, options) + 1;
    at = Math.min(at ?? Infinity, Math.max(nowMs, nextMs));
  }
  return at;
}
