import { eventIdOf, eventIdPrefix, hash32, shuffled } from './identity.ts';

/** What happened to a patient; a load sends it as often as it needs messages. */
export interface Episode {
  readonly patientId: string;
  readonly ward: string;
  readonly bed: string;
  readonly kind: string;
  readonly severity: string;
  /** What a reader knows it by: kind and onset. */
  readonly text: string;
  readonly deviceId?: string;
  readonly evidence?: unknown;
}

/** Decides ids and contents. */
export interface RunIdentity {
  readonly runId: string;
  readonly seed: string;
}

/** What names a message in k6's samples. */
type MessageIdentity = {
  readonly eventId: string;
  readonly patientId: string;
  readonly text: string;
};

/** An alert as functions/ take it (shared/alerts/alert-message.ts), without the time of its detection. */
export interface Alert {
  readonly eventId: string;
  readonly patientId: string;
  readonly deviceId: string;
  readonly ward: string;
  readonly kind: string;
  readonly severity: string;
  readonly evidence?: unknown;
}

export interface PlannedMessage {
  readonly identity: MessageIdentity;
  readonly alert: Alert;
  /** `hl/{ward}/{bed}/{patientId}/alert`. */
  readonly topic: string;
}

const KINDS = ['VT', 'SVTA', 'AVB'];
const SYNTHETIC_PATIENTS = 500;
/** One in each partition of functions/topology.yml. */
export const WARDS = ['icu-1', 'icu-2', 'icu-3', 'icu-4'];

/** Episodes of nobody, for a load without a file of real ones. */
export function syntheticEpisodes(): Episode[] {
  return Array.from({ length: SYNTHETIC_PATIENTS }, (_, number) => {
    const kind = KINDS[number % KINDS.length] ?? 'VT';
    return {
      patientId: `k6-${number}`,
      ward: WARDS[number % WARDS.length] ?? '',
      bed: `bed-${number}`,
      deviceId: `k6-monitor-${number}`,
      kind,
      severity: number % KINDS.length === 1 ? 'medium' : 'high',
      text: `${kind} of patient ${number}`,
      evidence: { number },
    };
  });
}

/** The messages of a run: which episode message `number` of a phase tells, and under which event id. */
export class Messages {
  private readonly run: RunIdentity;
  private readonly episodes: readonly Episode[];
  private readonly order: readonly number[];
  private readonly phases = new Map<string, { prefix: string; start: number }>();
  /** Of this VU: k6 parses an element of a SharedArray each time that it is read, which takes 50 µs. */
  private readonly met = new Map<number, Episode>();

  constructor(run: RunIdentity, episodes: readonly Episode[]) {
    if (episodes.length === 0) throw new Error('there is no episode to send');
    this.run = run;
    this.episodes = episodes;
    this.order = shuffled(episodes.length, run.seed);
  }

  of(phase: string, number: number): PlannedMessage {
    const { prefix, start } = this.phases.get(phase) ?? this.begin(phase);
    const place = (start + number) % this.order.length;
    const episode = this.met.get(place) ?? this.meet(place);
    const { patientId, ward, bed, kind, severity, text, evidence, deviceId = `monitor-${bed}` } = episode;
    const eventId = eventIdOf(prefix, number);
    const facts = { eventId, patientId, deviceId, ward, kind, severity };
    return {
      identity: { eventId, patientId, text },
      alert: evidence === undefined ? facts : { ...facts, evidence },
      topic: `hl/${ward}/${bed}/${patientId}/alert`,
    };
  }

  private meet(place: number): Episode {
    const episode = this.episodes[this.order[place] ?? 0];
    if (!episode) throw new RangeError(`no episode at ${place}`);
    this.met.set(place, episode);
    return episode;
  }

  /** Each phase enters the cycle elsewhere, wherever the phases before it have ended. */
  private begin(phase: string): { prefix: string; start: number } {
    const begun = { prefix: eventIdPrefix(this.run.runId, phase), start: hash32(`${this.run.seed}/${phase}`) };
    this.phases.set(phase, begun);
    return begun;
  }
}

/** The alert's JSON, detected now. */
export const bodyOf = (alert: Alert) => JSON.stringify({ ...alert, detectedAt: new Date().toISOString() });
