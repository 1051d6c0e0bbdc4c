import { HEART_RATE, RESPIRATORY_RATE, SPO2 } from '../../shared/vitals/kinds.ts';
import type { RawReading } from '../../shared/vitals/vitals-message.ts';
import type { ArrhythmiaRecording, BeatRow } from '../ward/arrhythmia-recording.ts';
import type { NumericsRecording } from '../ward/numerics-recording.ts';
import { advanceWindow, LONGEST_RR_MS, type RhythmWindow, rhythmEvidence } from '../ward/rhythm-window.ts';
import { isoTime, recordedReading } from './reading.ts';
import { rhythmChanges, rhythmReading, rowMs } from './rhythm-track.ts';

/** Recordings have no date: what they call second 0 is this moment. */
export const RECORDING_START_MS = Date.UTC(2026, 0, 1);
const MS_PER_S = 1_000;

/** What a monitor sends of one patient at one moment. */
export interface TimedReadings {
  /** Milliseconds since 1970: when the last of them was measured, and all are sent. */
  readonly atMs: number;
  readonly readings: readonly RawReading[];
}

/**
 * What the monitor of a recorded patient sends, as the recording has it, a message each second, in order of time.
 *
 * Of vital signs: HR, RR and SpO2 of each row. Of beats: each change of rhythm or of signal quality at its row's own time (to the
 * millisecond), else the rhythm that stands; and the heart rate of the last RR intervals, `invalid` while a beat behind them is
 * flagged, null once a gap in the recording is too long for an RR interval.
 * @param startMs the moment of the recording's second 0, milliseconds since 1970
 */
export function messagesOf(
  recording: NumericsRecording | ArrhythmiaRecording,
  startMs: number = RECORDING_START_MS,
): TimedReadings[] {
  return recording.dataset === 'bidmc-numerics'
    ? messagesOfNumerics(recording, startMs)
    : messagesOfBeats(recording.rows, startMs);
}

function messagesOfNumerics({ rows }: NumericsRecording, startMs: number): TimedReadings[] {
  return rows.map(({ second, HR, RESP, SpO2 }) => {
    const atMs = startMs + Math.round(second * MS_PER_S);
    const time = isoTime(atMs);
    const readings = [
      recordedReading(HEART_RATE, HR, time),
      recordedReading(RESPIRATORY_RATE, RESP, time),
      recordedReading(SPO2, SpO2, time),
    ];
    return { atMs, readings };
  });
}

function messagesOfBeats(rows: readonly BeatRow[], startMs: number): TimedReadings[] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return [];
  const changes = rhythmChanges(rows);
  const messages: TimedReadings[] = [];
  let window: RhythmWindow = [];
  let nextRow = 0;
  let nextChange = 0;
  const lastSecond = Math.ceil(rowMs(last) / MS_PER_S);
  for (let second = Math.ceil(rowMs(first) / MS_PER_S); second <= lastSecond; second += 1) {
    const untilMs = second * MS_PER_S;
    const readings: RawReading[] = [];
    for (let row = rows[nextRow]; row && rowMs(row) <= untilMs; row = rows[nextRow]) {
      window = advanceWindow(window, row);
      nextRow += 1;
    }
    for (let change = changes[nextChange]; change && change.atMs <= untilMs; change = changes[nextChange]) {
      readings.push(rhythmReading(change, startMs + change.atMs));
      nextChange += 1;
    }
    const stands = changes[nextChange - 1];
    if (readings.length === 0 && stands) readings.push(rhythmReading(stands, startMs + untilMs));
    readings.push(heartRate(window, untilMs, isoTime(startMs + untilMs)));
    messages.push({ atMs: startMs + untilMs, readings });
  }
  return messages;
}

function heartRate(window: RhythmWindow, nowMs: number, time: string): RawReading {
  const lastBeatMs = (window.at(-1)?.second ?? 0) * MS_PER_S;
  const evidence = rhythmEvidence(nowMs - lastBeatMs > LONGEST_RR_MS ? [] : window);
  const reading = recordedReading(HEART_RATE, evidence.heartRateBpm, time);
  return reading.value !== null && evidence.badSignalQuality ? { ...reading, validity: 'invalid' } : reading;
}
