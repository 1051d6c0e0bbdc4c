import { v5 } from 'uuid';
import type { EpisodeLabel } from './episodes.ts';

/** The namespace of this project's episode ids. Never change it: every id ever sent depends on it. */
const EPISODE_NAMESPACE = '6f0e2c1a-4f6b-4c58-9d59-0b7b8f1f5a3e';

export interface EpisodeKey {
  readonly dataset: string;
  readonly recording: string;
  /** The how-many-th time this recording is a patient of the ward, from 1. */
  readonly admission: number;
  readonly label: EpisodeLabel;
  readonly onsetSecond: number;
}

/**
 * The event id of an episode: a UUID of version 5 (RFC 9562, section 5.5), so the same recording replayed as the same admission
 * sends the same events again, and another admission sends new ones.
 */
export function episodeEventId({ dataset, recording, admission, label, onsetSecond }: EpisodeKey): string {
  return v5([dataset, recording, admission, label, onsetSecond].join('/'), EPISODE_NAMESPACE);
}
