import { PermanentError } from '../../shared/errors.ts';
import type { SentMessage } from '../checker/index.ts';
import type { K6Point } from './k6-points.ts';

/** Each sample of the first is a message sent, each of the second an acknowledgement of one. */
export const SENT_METRIC = 'producer_sent_msgs';
export const ACKNOWLEDGED_METRIC = 'producer_acked_msgs';

/** About 2 GB of memory; a sampled history could not be judged. */
const MESSAGES_MAX = 5_000_000;

export interface SentHistory {
  addSent(point: K6Point): void;
  addAcknowledged(point: K6Point): void;
  /**
   * What was sent, in the order of sending.
   * @param phaseAt names the phase of a message whose sample has no tag `phase`; without it that is `''`
   * @throws PermanentError `lab_history_incomplete` when a sample does not say which message or patient it is about, or when there
   *   were more than 5,000,000
   */
  messages(phaseAt?: (atMs: number) => string | undefined): SentMessage[];
  /** Ids that were acknowledged without a sample of their sending. */
  acknowledgedUnsent(): string[];
}

/** The facts of a sample, from its tags or from its metadata. */
const fact = ({ tags, metadata }: K6Point, name: string) => metadata[name] ?? tags[name];

export function createSentHistory(): SentHistory {
  const sent: Omit<SentMessage, 'acknowledged'>[] = [];
  const acknowledged = new Set<string>();
  let fault: string | undefined;

  return {
    addSent(point) {
      const [id, key] = [fact(point, 'eventId'), fact(point, 'patientId')];
      if (id === undefined || key === undefined) {
        fault ??= `a sample of ${SENT_METRIC} has no ${id === undefined ? 'eventId' : 'patientId'} in its tags or metadata`;
      } else if (sent.length >= MESSAGES_MAX) {
        fault ??= `more than ${MESSAGES_MAX} messages were sent`;
      } else {
        sent.push({ id, key, group: fact(point, 'phase') ?? '', text: fact(point, 'text') ?? '', atMs: point.atMs });
      }
    },
    addAcknowledged(point) {
      const id = fact(point, 'eventId');
      if (id === undefined) fault ??= `a sample of ${ACKNOWLEDGED_METRIC} has no eventId in its tags or metadata`;
      else acknowledged.add(id);
    },
    messages(phaseAt) {
      if (fault !== undefined) {
        throw new PermanentError('lab_history_incomplete', `What was sent cannot be judged: ${fault}.`);
      }
      const group = (one: { group: string; atMs: number }) =>
        one.group === '' ? (phaseAt?.(one.atMs) ?? '') : one.group;
      return sent
        .toSorted((a, b) => a.atMs - b.atMs)
        .map((one) => ({ ...one, group: group(one), acknowledged: acknowledged.has(one.id) }));
    },
    acknowledgedUnsent() {
      const ids = new Set(sent.map(({ id }) => id));
      return [...acknowledged].filter((id) => !ids.has(id));
    },
  };
}
