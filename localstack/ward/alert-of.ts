import { type AlertBody, SEVERITIES } from './alert.ts';
import { ARRHYTHMIA_DATASET } from './arrhythmia-recording.ts';
import type { EpisodeInBed } from './beds.ts';
import { episodeEventId } from './event-id.ts';

/** The alert that a bed's monitor sends for an episode it has just detected, at this wall clock (milliseconds since 1970). */
export function alertOf(moment: EpisodeInBed, wallMs: number): AlertBody {
  const { bed, stay, patientId, recordingId, episode, evidence, beatType } = moment;
  const { label, onsetSecond } = episode;
  const key = { dataset: ARRHYTHMIA_DATASET, recording: recordingId, admission: stay.admission, label, onsetSecond };
  return {
    eventId: episodeEventId(key),
    patientId,
    deviceId: bed.deviceId,
    ward: bed.ward,
    kind: label,
    severity: SEVERITIES[label],
    detectedAt: new Date(wallMs).toISOString(),
    evidence: {
      recording: `${ARRHYTHMIA_DATASET}/${recordingId}`,
      bed: bed.bed,
      onsetSecond,
      beatType,
      ...evidence,
    },
  };
}
