import { readThresholds } from './threshold-document.ts';
import { effectiveOf, scopesOf } from './threshold-layers.ts';
import type { EffectiveThresholds, Thresholds } from './thresholds.ts';

/** Of a hospital: as many as an alerter has room for in its four partitions (PATIENTS_MAX). Beyond, all are worked out anew. */
const REMEMBERED_MAX = 20_000;

/** What is stored for each scope, good or not. */
export type ThresholdDocuments = Readonly<Record<string, unknown>>;

/** All thresholds as they were at one moment; never changed. */
export interface ThresholdView {
  readonly documents: ThresholdDocuments;
  /** The documents as JSON, in the order of their scopes: two views with one text are the same. */
  readonly text: string;
  /** What holds for the patient by them. A scope whose document contradicts itself is passed over: the next wider one holds. */
  of(patientId: string, ward: string): EffectiveThresholds;
}

/** @param documents not changed afterwards. Each is read when it is first asked for: of thousands a partition needs some. */
export function viewOf(documents: ThresholdDocuments): ThresholdView {
  const read = new Map<string, Thresholds | undefined>();
  const effective = new Map<string, { ward: string; thresholds: EffectiveThresholds }>();

  function find(scope: string): Thresholds | undefined {
    if (!Object.hasOwn(documents, scope)) return undefined;
    if (!read.has(scope)) {
      const found = readThresholds(documents[scope]);
      read.set(scope, 'thresholds' in found ? found.thresholds : undefined);
    }
    return read.get(scope);
  }

  const scopes = Object.keys(documents).sort();
  return {
    documents,
    text: JSON.stringify(Object.fromEntries(scopes.map((scope) => [scope, documents[scope]]))),
    of(patientId, ward) {
      const held = effective.get(patientId);
      if (held?.ward === ward) return held.thresholds;
      const thresholds = effectiveOf(scopesOf(patientId, ward), find);
      if (effective.size >= REMEMBERED_MAX) effective.clear();
      effective.set(patientId, { ward, thresholds });
      return thresholds;
    },
  };
}
