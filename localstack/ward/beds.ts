import { readArrhythmiaRecording } from './arrhythmia-recording.ts';
import type { FoundRecordings } from './find-recordings.ts';
import { createHeap } from './heap.ts';
import { readNumericsRecording, type Vitals } from './numerics-recording.ts';
import type { WardPosition } from './position.ts';
import { type Bed, bedAt, nextRecording, patientIdOf, type Stay } from './roster.ts';
import { type StayMoment, type StayRecordings, stayEnd, stayMoments } from './stay-moments.ts';

export interface VitalsReading extends Vitals {
  readonly ward: string;
  readonly bed: string;
  readonly deviceId: string;
  readonly patientId: string;
  /** Seconds since the patient's admission. */
  readonly second: number;
}

interface InBed {
  readonly bed: Bed;
  readonly patientId: string;
  readonly recordingId: string;
  readonly stay: Stay;
  readonly atSecond: number;
}
export interface EpisodeInBed extends InBed, Omit<Extract<StayMoment, { kind: 'episode' }>, 'atSecond'> {}
/** What happens in the ward next, and when (ward seconds). */
export type WardMoment =
  | EpisodeInBed
  | (InBed & { readonly kind: 'admitted' | 'discharged' })
  | (InBed & { readonly kind: 'reading'; readonly reading: VitalsReading });

export interface BedsOptions {
  readonly recordings: FoundRecordings;
  readonly bedCount: number;
  readonly once: boolean;
  readonly stored: WardPosition | undefined;
  readonly rewindSeconds: number;
}

export interface Beds {
  /** The ward second from which on moments come. */
  readonly startSecond: number;
  /** The next moment over all beds, in order of time, then of beds; undefined at the end, which comes with `once` only. */
  next(): Promise<WardMoment | undefined>;
  /** What to store once everything up to this ward second has happened. */
  position(wardSecond: number): WardPosition;
}

interface Queued {
  readonly atSecond: number;
  readonly bed: Bed;
  /** A patient's moments, the next one taken out already; without it the bed is free. */
  readonly going?: { readonly moment: WardMoment; readonly rest: Iterator<WardMoment> };
}

/**
 * The beds of a ward and who is in them, as one stream of moments. One recording is read at each admission, no sooner. Where the
 * stored position is of the same recordings and number of beds it goes on from there (less the rewind), else it starts at second 0.
 */
export function createBeds({ recordings, bedCount, once, stored, rewindSeconds }: BedsOptions): Beds {
  const files = recordings.arrhythmia;
  const ids = files.map(({ id }) => id);
  const resumed = stored && stored.beds === bedCount && stored.recordings.join() === ids.join() ? stored : undefined;
  const startSecond = Math.max(0, (resumed?.wardSecond ?? 0) - rewindSeconds);
  const admissions = resumed ? [...resumed.admissions] : ids.map(() => 0);
  /** Stays that have begun, but for those that ended too long ago to be needed. */
  const stays: { readonly stay: Stay; readonly endSecond: number }[] = [];
  /** Each bed's stays of the stored position that have not begun again. */
  const toResume = new Map<number, Stay[]>();
  for (const stay of resumed?.stays ?? []) toResume.set(stay.bed, [...(toResume.get(stay.bed) ?? []), stay]);
  const queue = createHeap<Queued>(
    (a, b) => a.atSecond < b.atSecond || (a.atSecond === b.atSecond && a.bed.index < b.bed.index),
  );
  for (let index = 0; index < bedCount; index += 1) queue.push({ atSecond: startSecond, bed: bedAt(index) });

  function admit(bed: Bed, atSecond: number): Stay | undefined {
    const resume = toResume.get(bed.index)?.shift();
    if (resume) return resume;
    const inBeds = new Set(stays.filter((other) => other.endSecond > atSecond).map((other) => other.stay.recording));
    const recording = nextRecording(admissions, inBeds);
    if (recording === undefined || (once && admissions[recording] !== 0)) return undefined;
    const admission = (admissions[recording] ?? 0) + 1;
    admissions[recording] = admission;
    return { bed: bed.index, recording, admission, startSecond: atSecond };
  }

  async function read(recording: number): Promise<StayRecordings | undefined> {
    const arrhythmia = files[recording];
    const numerics = recordings.numerics[recording % recordings.numerics.length];
    if (!arrhythmia) return undefined;
    const [beats, vitals] = await Promise.all([
      readArrhythmiaRecording(arrhythmia.file),
      numerics && readNumericsRecording(numerics.file),
    ]);
    return { arrhythmia: beats, numerics: vitals };
  }

  function* playing(bed: Bed, stay: Stay, played: StayRecordings, endSecond: number): Generator<WardMoment> {
    const patientId = patientIdOf(played.arrhythmia.id);
    const common = { bed, patientId, recordingId: played.arrhythmia.id, stay };
    yield { ...common, kind: 'admitted', atSecond: Math.max(stay.startSecond, startSecond) };
    for (const moment of stayMoments(played, stay.startSecond, startSecond)) {
      if (moment.kind === 'episode') yield { ...common, ...moment };
      else {
        const { HR, PULSE, RESP, SpO2 } = moment.vitals;
        const where = { ward: bed.ward, bed: bed.bed, deviceId: bed.deviceId, patientId, second: moment.second };
        yield { ...common, kind: 'reading', atSecond: moment.atSecond, reading: { ...where, HR, PULSE, RESP, SpO2 } };
      }
    }
    yield { ...common, kind: 'discharged', atSecond: endSecond };
  }

  function pushNext(bed: Bed, rest: Iterator<WardMoment>, freeAtSecond: number): void {
    const { value: moment, done } = rest.next();
    if (done) queue.push({ atSecond: freeAtSecond, bed });
    else queue.push({ atSecond: moment.atSecond, bed, going: { moment, rest } });
  }

  return {
    startSecond,
    async next() {
      for (let item = queue.pop(); item; item = queue.pop()) {
        const { bed, going, atSecond } = item;
        if (going) {
          pushNext(bed, going.rest, atSecond);
          return going.moment;
        }
        const stay = admit(bed, atSecond);
        const played = stay && (await read(stay.recording));
        if (!stay || !played) continue;
        const endSecond = stayEnd(played, stay.startSecond);
        stays.push({ stay, endSecond });
        pushNext(bed, playing(bed, stay, played, endSecond), endSecond);
      }
      return undefined;
    },
    position(wardSecond) {
      // A ward stopped before it is back where it was keeps that position.
      const reached = Math.max(wardSecond, resumed?.wardSecond ?? 0);
      const recent = stays.filter(({ endSecond }) => endSecond >= reached - rewindSeconds);
      stays.splice(0, stays.length, ...recent);
      return {
        wardSecond: reached,
        beds: bedCount,
        recordings: ids,
        admissions: [...admissions],
        stays: [...recent.map(({ stay }) => stay), ...[...toResume.values()].flat()],
      };
    },
  };
}
