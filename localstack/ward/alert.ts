import type { EpisodeLabel } from './episodes.ts';
import type { RhythmEvidence } from './rhythm-window.ts';

export type Severity = 'high' | 'medium' | 'low';

/**
 * Alarm condition priority in the words of IEC 60601-1-8:2006 + A1:2012 + A2:2020, clause 6.1.2, table 1: by how bad the result of
 * not responding is, and how soon it comes. VT can turn into fibrillation, and an AV block into asystole, within seconds: death,
 * immediate onset, so high. A supraventricular tachyarrhythmia does harm that is as a rule reversible, and promptly: medium.
 */
export const SEVERITIES: Readonly<Record<EpisodeLabel, Severity>> = { VT: 'high', AVB: 'high', SVTA: 'medium' };

/** What a monitor sends: the body of the request, the same to the byte each time the event is sent. */
export interface AlertBody {
  readonly eventId: string;
  /** Pseudonym, such as `vdb-0013`. */
  readonly patientId: string;
  readonly deviceId: string;
  readonly ward: string;
  readonly kind: EpisodeLabel;
  readonly severity: Severity;
  /** Wall clock of the monitor at the first detection, ISO 8601 with milliseconds, UTC. */
  readonly detectedAt: string;
  /** What the monitor knew at the onset; it depends on the rows up to the onset only. */
  readonly evidence: AlertEvidence;
}

interface AlertEvidence extends RhythmEvidence {
  /** `<data set>/<number>`. */
  readonly recording: string;
  readonly bed: string;
  readonly onsetSecond: number;
  readonly beatType: string | null;
}
