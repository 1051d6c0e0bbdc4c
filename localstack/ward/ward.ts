import { PermanentError } from '../../shared/errors.ts';
import type { AlertBody } from './alert.ts';
import { alertOf } from './alert-of.ts';
import { type Backoff, DEFAULT_BACKOFF } from './backoff.ts';
import { createBeds, type VitalsReading, type WardMoment } from './beds.ts';
import { type Clock, systemClock } from './clock.ts';
import { newCounters, type WardCounters } from './counters.ts';
import type { Deliver } from './delivery.ts';
import type { FoundRecordings } from './find-recordings.ts';
import { createForwarder, type ForwarderEvent } from './forwarder.ts';
import type { AlertJournal } from './journal.ts';
import { createPace, type Speed } from './pace.ts';
import type { PositionStore } from './position.ts';
import { BEDS_PER_WARD, type Bed } from './roster.ts';

/** A ward that starts again does so this long before its stored position, so that a restart always sends some events twice. */
export const REWIND_SECONDS = 30;
/** How often the position is stored, in wall time: a kill makes the ward repeat at most so much more. */
const SAVE_EVERY_MS = 1000;
/** A browser's usual limit for connections to one host, times two wards; the beds share them. */
const DEFAULT_MOST_IN_FLIGHT = 12;
/** With so many alerts waiting, the ward's time stands still: an alert is never dropped, and memory stays bounded. */
const DEFAULT_MOST_PENDING = 1000;

interface StayEvent extends Bed {
  readonly patientId: string;
  readonly admission: number;
  readonly wardSecond: number;
}

export type WardEvent =
  | { readonly type: 'started'; readonly wardSecond: number; readonly pending: number }
  | ({ readonly type: 'admitted' | 'discharged' } & StayEvent)
  | { readonly type: 'reading'; readonly reading: VitalsReading }
  | { readonly type: 'alert'; readonly alert: AlertBody; readonly isNew: boolean }
  | ForwarderEvent;

export interface WardOptions {
  readonly recordings: FoundRecordings;
  /** From 1 to the number of arrhythmia recordings: no patient is in two beds. Without it 12, or fewer if there are fewer. */
  readonly beds?: number;
  readonly speed: Speed;
  /** Play each recording once, then end when the server has taken every alert. */
  readonly once?: boolean;
  readonly deliver: Deliver;
  readonly journal: AlertJournal;
  readonly position: PositionStore;
  readonly onEvent?: (event: WardEvent) => void;
  /** Stops the ward: it stores its position and returns; what the server has not taken is sent after the next start. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly mostInFlight?: number;
  readonly mostPending?: number;
}

export interface Ward {
  counters(): Readonly<WardCounters>;
  /** Plays until it is stopped, or to the end with `once`. Rejects when a recording cannot be read or the state cannot be written. */
  run(): Promise<Readonly<WardCounters>>;
}

/** A ward of beds whose monitors replay recordings and send an alert at each episode's onset. Throws `ward_beds` for a bad number. */
export function createWard(options: WardOptions): Ward {
  const { recordings, journal, position, clock = systemClock, onEvent = () => undefined, once = false } = options;
  const most = recordings.arrhythmia.length;
  const bedCount = options.beds ?? Math.min(BEDS_PER_WARD, most);
  if (!Number.isInteger(bedCount) || bedCount < 1 || bedCount > most) {
    throw new PermanentError(
      'ward_beds',
      `${bedCount} beds cannot be filled: give 1 to ${most}, one for each recording at the most`,
    );
  }
  const counters = newCounters(bedCount, options.speed);
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const forwarder = createForwarder({
    deliver: options.deliver,
    journal,
    clock,
    backoff: options.backoff ?? DEFAULT_BACKOFF,
    random: options.random ?? Math.random,
    mostInFlight: options.mostInFlight ?? DEFAULT_MOST_IN_FLIGHT,
    mostPending: options.mostPending ?? DEFAULT_MOST_PENDING,
    onEvent(event) {
      if (event.type === 'settled') counters[event.outcome] += 1;
      onEvent(event);
    },
    onFailure: (error) => failure.abort(error),
    signal,
  });

  async function happen(moment: WardMoment): Promise<void> {
    if (moment.kind === 'reading') {
      counters.readings += 1;
      onEvent({ type: 'reading', reading: moment.reading });
    } else if (moment.kind === 'episode') {
      await forwarder.room();
      // Stopped while waiting: the moment is after the stored position, so it comes again.
      if (signal.aborted) return;
      const { body, isNew } = journal.record(alertOf(moment, clock.wallMs()));
      counters[isNew ? 'detected' : 'repeated'] += 1;
      if (isNew) counters.perKind[body.kind] += 1;
      onEvent({ type: 'alert', alert: body, isNew });
      forwarder.enqueue(body);
    } else {
      const { kind, bed, patientId, stay, atSecond } = moment;
      onEvent({ type: kind, ...bed, patientId, admission: stay.admission, wardSecond: atSecond });
    }
  }

  async function replay(): Promise<void> {
    const beds = createBeds({ recordings, bedCount, once, stored: position.load(), rewindSeconds: REWIND_SECONDS });
    const pending = journal.pending();
    onEvent({ type: 'started', wardSecond: beds.startSecond, pending: pending.length });
    for (const alert of pending) forwarder.enqueue(alert);
    const pace = createPace(options.speed, beds.startSecond, clock, signal);
    let savedMs = clock.monotonicMs();
    counters.wardSecond = beds.startSecond;
    for (let moment = await beds.next(); moment; moment = await beds.next()) {
      await pace.until(moment.atSecond);
      if (!signal.aborted) await happen(moment);
      if (signal.aborted) break;
      counters.wardSecond = Math.max(counters.wardSecond, moment.atSecond);
      if (clock.monotonicMs() - savedMs >= SAVE_EVERY_MS) {
        position.save(beds.position(counters.wardSecond));
        savedMs = clock.monotonicMs();
      }
    }
    position.save(beds.position(counters.wardSecond));
  }

  return {
    counters: () => ({ ...counters, pending: forwarder.pending(), retrying: forwarder.retrying() }),
    async run() {
      try {
        await replay();
      } catch (error) {
        failure.abort(error);
      }
      await forwarder.drained();
      if (failure.signal.aborted) throw failure.signal.reason;
      // Played to the end: the next start plays the same recordings again, as the same events.
      if (once && !signal.aborted) position.clear();
      return this.counters();
    },
  };
}
