import type { SubjectName } from './subject.ts';
import type { Toxic } from './toxic.ts';

/** All that a run of an experiment found out: what `--json` writes and the report shows. Instants are ISO 8601, UTC. */
export interface LabResult {
  readonly experiment: { readonly name: string; readonly title: string; readonly claim: string };
  /** The command that gives this run again. */
  readonly command: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seed: number;
  readonly machine: string;
  /** Program or package → version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly CaseResult[];
  readonly holds: boolean;
}

export type PhaseName = 'baseline' | 'fault' | 'recovery';

/** Seconds since the case's load began. */
export interface PhaseSpan {
  readonly name: PhaseName;
  readonly fromS: number;
  readonly toS: number;
}

/** One case: its own settings and toxics, run through baseline, fault and recovery. */
export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** What was set otherwise than by default, and why. */
  readonly settings: readonly { readonly name: string; readonly value: string; readonly because: string }[];
  readonly load: {
    readonly script: string;
    readonly rates: readonly number[];
    /** Of phases whose rates are others. */
    readonly phaseRates?: { readonly [phase in PhaseName]?: readonly number[] };
  };
  readonly toxics: readonly Toxic[];
  /** In during all phases. */
  readonly throughout?: readonly Toxic[];
  readonly workers?: CaseWorkersResult;
  readonly phases: readonly PhaseSpan[];
  readonly rows: readonly VerdictRow[];
  readonly charts: readonly Chart[];
  readonly marks: readonly Mark[];
  readonly delivery: DeliverySummary;
  /** The lab's own use of a core while it measured, 0 to 1. */
  readonly labCpuShare: number;
  readonly notes: readonly string[];
  readonly holds: boolean;
}

/** Processes that ran a function's event sources beside the stack's functions. */
export interface CaseWorkersResult {
  readonly function: string;
  /** Before the first message. */
  readonly replicas: number;
  readonly scale: readonly WorkersChange[];
  /** So many were ended by kill -9. */
  readonly kill: readonly WorkersChange[];
}

export interface WorkersChange {
  readonly phase: PhaseName;
  /** Since the phase's first message. */
  readonly afterSeconds: number;
  readonly replicas: number;
}

/** One line of the verdict table. A figure is undefined when nothing was measured; then the expectation does not hold. */
export interface VerdictRow {
  /** What is asked: `p95 of http_req_duration`. */
  readonly expectation: string;
  readonly unit: string;
  /** What each phase's figure has to be, in the row's unit: `> 400, > 5×` (`5×`: five times the baseline's). A phase without is only shown. */
  readonly expected: { readonly [phase in PhaseName]?: string };
  readonly baseline: number | undefined;
  readonly fault: number | undefined;
  readonly recovery: number | undefined;
  readonly holds: boolean;
  /** Why it does not hold. */
  readonly reason?: string;
  /** What limits a figure that was measured. */
  readonly note?: string;
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  /** Seconds since the load began, and the value; null where nothing was measured. */
  readonly points: readonly (readonly [atS: number, value: number | null])[];
}

/** Something that happened: a toxic put in or taken out, a trigger that lost its broker and came back. */
export interface Mark {
  readonly atS: number;
  readonly label: string;
}

/** What became of the messages of one case. */
export interface DeliverySummary {
  /** What the messages are. */
  readonly subject: SubjectName;
  /** `none`: what became of the messages is counted, and not judged. */
  readonly promise: 'at-most-once' | 'at-least-once' | 'exactly-once' | 'none';
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  /** By owner (the patient of an alert, the SKU of a purchase), the messages that were sent and never delivered. */
  readonly lostByOwner: readonly { readonly owner: string; readonly lost: readonly LostMessage[] }[];
  /** Of those, the acknowledged ones: of the others their senders know. */
  readonly lostAcknowledged: number;
  readonly duplicated: number;
  /** Delivered and never sent. */
  readonly phantom: number;
  /** Breaches of the promise, in words; empty when it was kept. */
  readonly violations: readonly string[];
}

export interface LostMessage {
  readonly id: string;
  readonly phase: PhaseName;
  /** What it said: kind, onset. */
  readonly text: string;
}
