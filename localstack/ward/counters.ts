import type { EpisodeLabel } from './episodes.ts';
import type { Speed } from './pace.ts';

/** What a live view shows. All counts are since this process started. */
export interface WardCounters {
  readonly beds: number;
  readonly speed: Speed;
  wardSecond: number;
  readings: number;
  /** Episodes detected that were not known before. */
  detected: number;
  readonly perKind: Record<EpisodeLabel, number>;
  /** Episodes detected once more after a restart or in a replay, sent again with their first body. */
  repeated: number;
  stored: number;
  redelivered: number;
  refused: number;
  /** Alerts that the server has not taken yet. */
  pending: number;
  /** Those of them whose last attempt failed. */
  retrying: number;
}

export function newCounters(beds: number, speed: Speed): WardCounters {
  const perKind = { VT: 0, SVTA: 0, AVB: 0 };
  const delivery = { stored: 0, redelivered: 0, refused: 0, pending: 0, retrying: 0 };
  return { beds, speed, wardSecond: 0, readings: 0, detected: 0, perKind, repeated: 0, ...delivery };
}
