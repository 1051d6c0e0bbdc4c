import type { Json } from '../canonical-json.ts';
import { storableJson } from '../storable-json.ts';

/** Room for some minutes of beats or a 10 s waveform strip; a whole recording belongs in a file store. */
export const MAX_EVIDENCE_BYTES = 32 * 1024;

/** What the device saw: any JSON object or array, kept as jsonb. */
export const evidenceSchema = storableJson<Json[] | { [name: string]: Json }>(
  (value) => value !== null && typeof value === 'object',
  { form: 'a JSON object or array', type: ['object', 'array'], maxBytes: MAX_EVIDENCE_BYTES },
);
