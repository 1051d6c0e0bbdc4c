import type { Draws } from './draw.ts';
import type { FaultAction, FaultKind, FaultLink } from './fault.ts';

/** What a fault is measured by. */
export interface Limits {
  /** Between a worker and the broker: either gives a silent peer up after two to two and a half. */
  readonly heartbeatMs: number;
  /** That are cut or slowed down. */
  readonly links: readonly [FaultLink, ...FaultLink[]];
}

/** More than 2.5 heartbeats, so that a frozen worker's partitions have gone to others when it wakes up. */
const FREEZE_HEARTBEATS = { from: 2.6, to: 3.6 };
const DOWN_MS = { from: 500, to: 4_000 };
/** RabbitMQ 4 boots in 3 to 8 s here, Postgres recovers in about one. */
const BOOT_MS = { broker: 9_000, postgres: 3_000 };
/** Shorter than a chunk of a stream or a batch of statements, and of any alignment. */
const CUT_BYTES = { from: 11, to: 6_000 };
const CUT_FOR_MS = { from: 1_000, to: 3_000 };
/** Several round trips of a batch's transaction: a throughput that depends on them breaks down. */
const LATENCY_MS = { from: 20, to: 120 };
const FOR_MS = { from: 4_000, to: 8_000 };
const RATES = [0.05, 0.2, 0.5] as const;
const REORDER_PLACES = { from: 2, to: 10 };
const STORM_CHANGES = { from: 4, to: 8 };
const STORM_EVERY_MS = { from: 400, to: 1_200 };
/** A worker's own start, after a blow that lasts no time itself. */
const BLOW_MS = 1_000;

/** A fault of this kind as the seed has it. `name` sets it apart from others of its kind. */
export function actionOf(kind: FaultKind, name: string, draws: Draws, { heartbeatMs, links }: Limits): FaultAction {
  const whole = (what: string, { from, to }: { from: number; to: number }) => draws.whole(`${name}/${what}`, from, to);
  const draw = draws.unit(`${name}/which`);
  const link = draws.one(`${name}/link`, links);
  const forMs = whole('for', FOR_MS);
  const rate = draws.one(`${name}/rate`, RATES);
  switch (kind) {
    case 'worker-kill':
    case 'handover':
      return { kind, draw };
    case 'worker-freeze': {
      const { from, to } = FREEZE_HEARTBEATS;
      return { kind, draw, frozenMs: whole('frozen', { from: from * heartbeatMs, to: to * heartbeatMs }) };
    }
    case 'broker-kill':
    case 'postgres-kill':
      return { kind, downMs: whole('down', DOWN_MS) };
    case 'cut':
      return { kind, link, afterBytes: whole('bytes', CUT_BYTES), forMs: whole('for', CUT_FOR_MS) };
    case 'latency': {
      const latencyMs = whole('latency', LATENCY_MS);
      return { kind, link, latencyMs, jitterMs: Math.floor(latencyMs / 2), forMs };
    }
    case 'duplicate':
      return { kind, rate, forMs };
    case 'reorder':
      return { kind, rate, packets: whole('packets', REORDER_PLACES), forMs };
    case 'rebalance-storm':
      return { kind, changes: whole('changes', STORM_CHANGES), everyMs: whole('every', STORM_EVERY_MS) };
  }
}

/** How long it is expected to last. */
export function lastsMs(action: FaultAction): number {
  switch (action.kind) {
    case 'worker-kill':
    case 'handover':
      return BLOW_MS;
    case 'worker-freeze':
      return action.frozenMs;
    case 'broker-kill':
      return action.downMs + BOOT_MS.broker;
    case 'postgres-kill':
      return action.downMs + BOOT_MS.postgres;
    case 'rebalance-storm':
      return action.changes * action.everyMs;
    default:
      return action.forMs;
  }
}
