import type { Log } from '../observability/logger.ts';
import type { Arrival, PartitionState } from './evaluate.ts';
import type { PatientState } from './patient-state.ts';

type Sleep = PatientState['sleep'];

/** A patient for whom there is no room is new in each batch, several times a second. */
const REMEMBERED_MS = 60_000;
/** Two partitions of patients (PATIENTS_MAX): whoever is forgotten is asked for again. */
const REMEMBERED_MAX = 10_000;

export interface SleepParts {
  /** Of patients that are new here: what was stored before their first reading. */
  lastSleep(newcomers: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Sleep>>;
  /** Monotonic. */
  nowMs(): number;
}

/**
 * Sleep is known from memory, else from what was stored; a database that is away is no reason to be silent. What a batch was
 * judged by is remembered: it may come again, and is to tell the same.
 */
export function createSleepLookUps({ lastSleep, nowMs }: SleepParts) {
  const remembered = new Map<string, { readonly sleep: Sleep; readonly untilMs: number }>();

  function remember(patientId: string, sleep: Sleep): void {
    remembered.delete(patientId);
    remembered.set(patientId, { sleep, untilMs: nowMs() + REMEMBERED_MS });
    if (remembered.size <= REMEMBERED_MAX) return;
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest);
      return;
    }
  }

  /** Of the patients that come and are not in the state. */
  return async ({ patients }: PartitionState, arrivals: readonly Arrival[], log: Log) => {
    const found = new Map<string, Sleep>();
    const unknown = new Map<string, number>();
    for (const arrival of arrivals) {
      if (!('message' in arrival)) continue;
      const { patientId } = arrival.message;
      if (patients.has(patientId) || found.has(patientId) || unknown.has(patientId)) continue;
      const known = remembered.get(patientId);
      if (known !== undefined && known.untilMs > nowMs()) found.set(patientId, known.sleep);
      else unknown.set(patientId, arrival.arrivedMs);
    }
    if (unknown.size === 0) return found;
    const stored = await lastSleep(unknown).catch((error: unknown) => {
      log.warn('sleep status not read: these patients count as awake', { patients: unknown.size, error });
      return new Map<string, Sleep>();
    });
    for (const patientId of unknown.keys()) {
      found.set(patientId, stored.get(patientId));
      remember(patientId, stored.get(patientId));
    }
    return found;
  };
}
