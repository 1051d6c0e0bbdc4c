import { expect } from 'vitest';
import { readArrhythmiaRecording } from '../arrhythmia-recording.ts';
import { episodesOf } from '../episodes.ts';
import { episodeEventId } from '../event-id.ts';
import type { RecordingFile } from '../find-recordings.ts';
import type { AlertServer } from './alert-server.ts';

/** The event ids that one admission of each recording gives, from the files alone. */
export async function expectedEventIds(files: readonly RecordingFile[], admission = 1): Promise<string[]> {
  const ids: string[] = [];
  for (const { file } of files) {
    const { dataset, id: recording, rows } = await readArrhythmiaRecording(file);
    for (const { label, onsetSecond } of episodesOf(rows)) {
      ids.push(episodeEventId({ dataset, recording, admission, label, onsetSecond }));
    }
  }
  return ids.sort();
}

/** The guarantee: each episode is stored, nothing else is, and every request for an event had the same body, to the byte. */
export async function expectDelivered(server: AlertServer, files: readonly RecordingFile[]): Promise<void> {
  expect(server.stored.map(({ eventId }) => eventId).sort()).toEqual(await expectedEventIds(files));
  for (const [eventId, bodies] of server.received) {
    expect(new Set(bodies).size, `different bodies of ${eventId}`).toBe(1);
  }
}
