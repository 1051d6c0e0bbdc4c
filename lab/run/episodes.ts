import { writeFileSync } from 'node:fs';
import { alertOf } from '../../localstack/ward/alert-of.ts';
import { createBeds } from '../../localstack/ward/beds.ts';
import type { FoundRecordings } from '../../localstack/ward/find-recordings.ts';

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3_600;
/** The wall clock is the load script's to add. */
const NO_TIME = 0;

/** A labelled episode of a recording, as the load scripts send it. */
interface LoadEpisode {
  patientId: string;
  ward: string;
  bed: string;
  deviceId: string;
  kind: string;
  severity: string;
  /** What a reader knows it by: kind and onset in the recording. */
  text: string;
  evidence: unknown;
}

/** Writes every labelled episode of these recordings, each once, as the file that load scripts read (EPISODES). */
export async function writeEpisodes(file: string, recordings: FoundRecordings): Promise<number> {
  const beds = createBeds({
    recordings,
    bedCount: recordings.arrhythmia.length,
    once: true,
    stored: undefined,
    rewindSeconds: 0,
  });
  const episodes: LoadEpisode[] = [];
  for (let moment = await beds.next(); moment; moment = await beds.next()) {
    if (moment.kind !== 'episode') continue;
    const { eventId: _, detectedAt: __, kind, ...facts } = alertOf(moment, NO_TIME);
    const text = `${kind} at ${clock(moment.episode.onsetSecond)}`;
    episodes.push({ ...facts, kind, bed: moment.bed.bed, text });
  }
  writeFileSync(file, JSON.stringify(episodes));
  return episodes.length;
}

function clock(second: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(second / SECONDS_PER_HOUR)}:${two((second % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE)}:${two(second % SECONDS_PER_MINUTE)}`;
}
