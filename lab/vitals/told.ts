import { contentOf } from '../../localstack/tail/tail-super-stream.ts';
import type { StreamEventRecord } from '../../localstack/triggers/stream/event.ts';
import { canonicalJson, type Json } from '../../shared/canonical-json.ts';
import { isPulseRecord } from '../../shared/vitals/judged-pulse.ts';

/** An event in the stream of alerts, as it was told first. */
interface Told {
  /** Epoch ms: when the stream had it. */
  readonly atMs: number;
  readonly text: string;
  times: number;
  /** Whether it was ever told with other bytes. */
  differs: boolean;
}

/** What is in the stream of alerts, by event id. */
export interface AlertLog {
  take(records: readonly StreamEventRecord[]): void;
  readonly told: ReadonlyMap<string, Told>;
}

const MS_PER_S = 1_000;

export function createAlertLog(): AlertLog {
  const told = new Map<string, Told>();
  return {
    take(records) {
      for (const record of records) {
        if (isPulseRecord(record)) continue;
        const content = contentOf(record);
        const id = idOf(content);
        const text = canonicalJson(content as Json);
        const known = told.get(id);
        if (known === undefined) {
          const atMs = Math.round(record.kinesis.approximateArrivalTimestamp * MS_PER_S);
          told.set(id, { atMs, text, times: 1, differs: false });
        } else {
          known.times += 1;
          known.differs ||= known.text !== text;
        }
      }
    },
    told,
  };
}

const idOf = (content: unknown): string =>
  typeof content === 'object' && content !== null && 'eventId' in content ? String(content.eventId) : 'none';
