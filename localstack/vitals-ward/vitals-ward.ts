import { type Clock, systemClock } from '../ward/clock.ts';
import type { AckJournal } from './ack-journal.ts';
import { bedReadings, vitalsMessage, type WardRun } from './bed-readings.ts';
import type { Leads } from './leads.ts';
import { type WardRecordings, wardPatients } from './patients.ts';
import { isoTime } from './reading.ts';
import { type Storm, stormingPatient, stormMessages, stormPayload } from './storm.ts';
import { TICK_MS, timetable } from './timetable.ts';
import { turns } from './turns.ts';
import type { VitalsCounters } from './vitals-counters.ts';
import type { WardLogin } from './ward-connection.ts';
import { openWardConnections } from './ward-connections.ts';

export interface VitalsWardOptions {
  readonly recordings: WardRecordings;
  /** Of the broker. */
  readonly url: string;
  /** As whom a ward's gateway connects; asked for each connection. Default: as the URL says. */
  readonly logIn?: WardLogin | undefined;
  readonly beds: number;
  /** Default: 20 beds to a ward. */
  readonly wards?: number | undefined;
  /** All cadences so many times as often. Default 1. */
  readonly rate?: number | undefined;
  readonly seed?: number | undefined;
  /** Seconds from the start to the first burst. Default: an hour. */
  readonly burstAtS?: number | undefined;
  /** Default: until the signal. */
  readonly durationS?: number | undefined;
  /** What a monitor keeps without a connection. Default 30. */
  readonly bufferS?: number | undefined;
  readonly storm?: Storm | undefined;
  /** Default: all electrodes stay on. */
  readonly leads?: Leads | undefined;
  readonly journal?: AckJournal | undefined;
  readonly signal: AbortSignal;
  /** A ward has no connection; said again for each attempt that fails. */
  readonly onDown?: (ward: string, why: string) => void;
  readonly onUp?: (ward: string) => void;
  readonly clock?: Clock;
}

export interface VitalsWard {
  counters(): VitalsCounters;
  /** Sends until the duration is over or the signal aborts, waits for what is still not acknowledged, closes its connections. */
  run(): Promise<VitalsCounters>;
}

const HOUR_S = 3_600;
const MS_PER_S = 1_000;
const DEFAULT_RATE = 1;
export const DEFAULT_SEED = 1;
/** As long as a broker's restart takes, and a takeover by another node, with some to spare. */
export const DEFAULT_BUFFER_S = 30;
/** Turns of so long are taken together, which saves wake-ups: of 500 beds there are ten. */
const WAKE_EVERY_MS = 10;
/** As k6's load scripts here: what is later was not the load that was asked for. */
const LATE_MS = 1_000;
/** A machine that slept does not make up for it in one burst: turns of longer ago are left out. */
const MOST_LAG_MS = 5_000;
/** For the last acknowledgements. Whoever stops it by hand waits less, and not at all without a broker. */
const DRAIN_MS = { ended: 10_000, stopped: 2_000 };
const DRAIN_LOOK_MS = 20;

/**
 * A hospital's bedside monitors on MQTT, a connection a ward: recorded patients, repeated for ever, at the wall clock's speed.
 * Connects at once, and keeps trying.
 * @throws PermanentError `argument`: beds, wards or recordings that make no ward; a storm in a bed that is not there
 */
export function createVitalsWard(options: VitalsWardOptions): VitalsWard {
  const { recordings, url, logIn, beds, wards, journal, storm, leads, signal, clock = systemClock } = options;
  const { rate = DEFAULT_RATE, seed = DEFAULT_SEED, burstAtS = HOUR_S, bufferS = DEFAULT_BUFFER_S } = options;
  const patients = wardPatients({ recordings, beds, wards, seed });
  const storming = storm && stormingPatient(patients, storm);
  const plan = timetable({ beds, rate, burstAtS });
  const untilMs = (options.durationS ?? Number.POSITIVE_INFINITY) * MS_PER_S;
  let lateTicks = 0;
  const connections = openWardConnections({
    url,
    logIn,
    patients,
    keptPerBed: (bufferS * MS_PER_S * rate) / TICK_MS,
    journal,
    onDown: (ward, why) => options.onDown?.(ward, why),
    onUp: (ward) => options.onUp?.(ward),
    nowMs: () => clock.monotonicMs(),
  });

  async function play(run: WardRun): Promise<void> {
    const anchorMs = clock.monotonicMs();
    const order = turns(plan);
    let next = order.next().value;
    let storms = 0;
    while (!signal.aborted && next.atMs < untilMs) {
      const nowMs = clock.monotonicMs() - anchorMs;
      for (; next.atMs <= nowMs && next.atMs < untilMs; next = order.next().value) {
        const lateMs = nowMs - next.atMs;
        if (lateMs > LATE_MS) lateTicks += 1;
        const patient = patients[next.index];
        if (!patient || lateMs > MOST_LAG_MS) continue;
        const measured = bedReadings(run, patient, next.step);
        const readings = leads?.seenThrough(patient, measured, isoTime(run.startMs + next.atMs)) ?? measured;
        if (readings.length === 0) continue;
        connections.send(patient, JSON.stringify(vitalsMessage(patient, readings)), readings.length);
      }
      storms = rage(run, storms, Math.min(nowMs, untilMs));
      await clock.sleep(Math.max(WAKE_EVERY_MS, next.atMs - nowMs), signal);
    }
  }

  /** Sends what of the storm is due; gives how many of its messages have been. Its readings count for none of the ward's. */
  function rage(run: WardRun, sent: number, nowMs: number): number {
    if (!storm || !storming) return 0;
    const due = stormMessages(storm, nowMs);
    for (let number = sent; number < due; number += 1) {
      connections.send(storming, stormPayload(run, storming, storm, number), 0);
    }
    return due;
  }

  async function drain(): Promise<void> {
    const deadlineMs = clock.monotonicMs() + (signal.aborted ? DRAIN_MS.stopped : DRAIN_MS.ended);
    const never = new AbortController().signal;
    while (connections.unacknowledged() > 0 && clock.monotonicMs() < deadlineMs) {
      if (signal.aborted && connections.counts().connected === 0) return;
      await clock.sleep(DRAIN_LOOK_MS, never);
    }
  }

  const counters = () => ({ beds, ...connections.counts(), lateTicks });
  /** As it was when the connections were closed. */
  let last: VitalsCounters | undefined;
  return {
    counters: () => last ?? counters(),
    async run() {
      try {
        await play({ plan, seed, startMs: clock.wallMs() });
        await drain();
        last = counters();
        return last;
      } finally {
        await connections.close();
      }
    },
  };
}
