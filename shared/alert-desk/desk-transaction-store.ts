import { TransientError } from '../errors.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database, Transaction } from '../postgres/database.ts';
import { type DeskScope, lockAndRead } from './desk-read-store.ts';
import { DEFAULT_RULES, type DeskRules } from './desk-rules.ts';
import { type DeskChanges, type DeskWork, deskWork } from './desk-work.ts';
import { writeChanges } from './desk-write-store.ts';

const STAGE = { stage: 'alerts' } as const;

/** Whose batch it is, and where its checkpoint is once all of it is stored (absent: it does not move with this batch). */
export interface DeskCheckpoint {
  readonly consumer: string;
  readonly epoch: bigint;
  readonly position?: bigint | undefined;
}

export interface DeskContext {
  readonly database: Database;
  readonly recordMetric: RecordMetric;
  readonly rules?: DeskRules;
  /** Our clock. */
  readonly clock?: () => number;
}

/** The partition's owner is held from here to the commit: a new one waits, or this one finds that it no longer is. */
const PROVE_AND_MOVE = `
  UPDATE idempotency.consumers SET position = greatest(position, $3::bigint)
  WHERE consumer = $1 AND epoch = $2::bigint RETURNING 1`;

async function proveAndMove(tx: Transaction, { consumer, epoch, position }: DeskCheckpoint): Promise<void> {
  const values = [consumer, String(epoch), position === undefined ? null : String(position)];
  const moved = await tx.query({ name: 'desk-prove-and-move', text: PROVE_AND_MOVE, values });
  if (moved.length === 0) throw new TransientError('fenced_out', 'Another consumer owns the partition by now.');
}

/** What is done, and what it is done to; undefined: to nothing there is. */
interface DeskTask<Result> {
  scope(tx: Transaction): Promise<DeskScope | undefined> | DeskScope;
  run(work: DeskWork, nowMs: number): Result;
  otherwise: Result;
}

/**
 * One transaction of the desk: the patients are locked, what is known of their alerts is read, the rules are run in memory, and
 * all that has changed is written, with what others have to hear of it and the checkpoint.
 * @throws TransientError when the database is away or slow: all was done or nothing, and the same may come again; `fenced_out`
 */
export async function atDesk<Result>(
  { scope, run, otherwise }: DeskTask<Result>,
  { database, recordMetric, rules = DEFAULT_RULES, clock = Date.now }: DeskContext,
  checkpoint?: DeskCheckpoint,
): Promise<Result> {
  const startedAt = performance.now();
  let changes: DeskChanges | undefined;
  const result = await database.transaction(async (tx) => {
    const found = await scope(tx);
    let done = otherwise;
    if (found !== undefined) {
      const before = await lockAndRead(tx, found);
      // Taken when the lock is held: what waited for it comes later than what it waited for.
      const nowMs = clock();
      const work = deskWork(before, { rules, nowMs });
      done = run(work, nowMs);
      changes = work.changes();
      await writeChanges(tx, changes, nowMs);
    }
    if (checkpoint !== undefined) await proveAndMove(tx, checkpoint);
    return done;
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  if (changes !== undefined) count(changes, recordMetric);
  return result;
}

/** Once it is committed: what is rolled back has not happened. */
function count({ history, notifications, alerts }: DeskChanges, recordMetric: RecordMetric): void {
  for (const { trigger, who } of history) {
    recordMetric('desk_transitions_total', 1, { trigger, by: who.role });
  }
  for (const { kind, via } of notifications) recordMetric('desk_notifications_total', 1, { kind, via });
  for (const { state, facts } of alerts) {
    const { answeredAtMs, openedAtMs, updatedAtMs } = facts;
    if (answeredAtMs === null || answeredAtMs !== updatedAtMs) continue;
    recordMetric('desk_response_ms', answeredAtMs - openedAtMs, { priority: state.priority });
  }
}
