// The medical events of a run: everything about one follows from the run's seed, its phase and its number.
import { eventIdOf, eventIdPrefix, hash32 } from './identity.ts';
import type { RunIdentity } from './messages.ts';

export interface EventMix {
  readonly patients: number;
  /** Of all events, so many fail at their first attempt, or for good. */
  readonly transientShare: number;
  readonly permanentShare: number;
}

export interface PlannedEvent {
  /** Of its phase. */
  readonly number: number;
  readonly eventId: string;
  readonly patientId: string;
  /** How it was asked to fail. */
  readonly simulate: 'transient' | 'permanent' | undefined;
  /** JSON; the same bytes each time that it is sent. */
  readonly body: string;
  /** Its sender sends it again after the answer, as one whose own database was slow. */
  readonly isRepeated: boolean;
}

const UINT32_VALUES = 2 ** 32;
/** One request in twenty (5 %) is a repeat. */
const REPEAT_EVERY = 19;
/** Which random number of an event: seeds of the hash. */
const DRAWS = { patient: 0, failure: 1, value: 2 } as const;
const [LOWEST, VALUES] = [40, 100];

/** A run's patients: of this run alone. */
export const patientOf = (runId: string, number: number): string => `k6-${runId}-${number}`;

export class MedicalEvents {
  private readonly run: RunIdentity;
  private readonly mix: EventMix;
  private readonly ts: string;

  /** @param ts of all events: that of a device is not what decides the order */
  constructor(run: RunIdentity, mix: EventMix, ts: string) {
    this.run = run;
    this.mix = mix;
    this.ts = ts;
  }

  of(phase: string, number: number): PlannedEvent {
    const { runId, seed } = this.run;
    const { patients, transientShare, permanentShare } = this.mix;
    const draw = (which: number) => hash32(`${seed}/${phase}/${number}`, which);
    const eventId = eventIdOf(eventIdPrefix(runId, phase), number);
    const patientId = patientOf(runId, draw(DRAWS.patient) % patients);
    const chance = draw(DRAWS.failure) / UINT32_VALUES;
    const simulate =
      chance < permanentShare ? 'permanent' : chance < permanentShare + transientShare ? 'transient' : undefined;
    const data = { number, value: LOWEST + (draw(DRAWS.value) % VALUES), ...(simulate && { simulate }) };
    const body = JSON.stringify({ eventId, patientId, type: 'observation', ts: this.ts, data });
    return { number, eventId, patientId, simulate, body, isRepeated: number % REPEAT_EVERY === REPEAT_EVERY - 1 };
  }
}
