/** A link, from its client to its server. */
export type FaultLink = 'devices-broker' | 'workers-broker' | 'workers-database';

/** Draws from 0 to below 1 choose among what there is when the fault begins (a worker, a partition). */
interface OnWorker {
  readonly draw: number;
}

export type FaultAction =
  /** kill -9 of a worker. */
  | ({ readonly kind: 'worker-kill' } & OnWorker)
  /** SIGSTOP, and SIGCONT when others have taken over: a process that wakes up and does not know. */
  | ({ readonly kind: 'worker-freeze'; readonly frozenMs: number } & OnWorker)
  /** kill -9, and a start on the same ports and data. */
  | { readonly kind: 'broker-kill'; readonly downMs: number }
  | { readonly kind: 'postgres-kill'; readonly downMs: number }
  /** Every connection of the link ends after so many more bytes: in the middle of a frame. */
  | { readonly kind: 'cut'; readonly link: FaultLink; readonly afterBytes: number; readonly forMs: number }
  | {
      readonly kind: 'latency';
      readonly link: FaultLink;
      readonly latencyMs: number;
      readonly jitterMs: number;
      readonly forMs: number;
    }
  /** Of the devices' messages on their way to the broker. */
  | { readonly kind: 'duplicate'; readonly rate: number; readonly forMs: number }
  | { readonly kind: 'reorder'; readonly rate: number; readonly packets: number; readonly forMs: number }
  /** A worker leaves in good order while it has batches in flight, and another comes. */
  | ({ readonly kind: 'handover' } & OnWorker)
  /** Workers come and go faster than partitions are shared out. */
  | { readonly kind: 'rebalance-storm'; readonly changes: number; readonly everyMs: number };

export type FaultKind = FaultAction['kind'];

export interface Fault {
  /** From 1, in the order of time. */
  readonly number: number;
  readonly action: FaultAction;
  /** Since the load began. */
  readonly atMs: number;
  /** How long it is expected to last, a restart of a service included. */
  readonly lastsMs: number;
  /** Without a fault, after it. */
  readonly calmMs: number;
}

export interface Schedule {
  readonly seed: number;
  readonly totalMs: number;
  /** Load without a fault, first of all. */
  readonly baselineMs: number;
  readonly faults: readonly Fault[];
}

export const FAULT_KINDS: readonly FaultKind[] = [
  'worker-kill',
  'worker-freeze',
  'broker-kill',
  'postgres-kill',
  'cut',
  'latency',
  'duplicate',
  'reorder',
  'handover',
  'rebalance-storm',
];
