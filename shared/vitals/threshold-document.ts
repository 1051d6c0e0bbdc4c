import { z } from 'zod';
import { HttpError } from '../http/problem.ts';
import { NUMERIC_CODES } from './kinds.ts';
import { type Thresholds, thresholdsSchema } from './thresholds.ts';

/** Of what is wrong with a document. */
const FAULTS_MAX = 5;

const { limits, news2 } = thresholdsSchema.shape;
const limitsOfKind = limits.unwrap().valueType;

/** Why thresholds are changed: with who did (the token's subject) it stands beside them, and in the list of changes. */
export const changeFields = {
  reason: z
    .string()
    // Printable: no control character, no surrogate.
    .regex(
      /^[!-~\u00a1-\ud7ff\ue000-\uffff][ -~\u00a0-\ud7ff\ue000-\uffff]{0,499}$/u,
      'must be 1 to 500 printable characters and not begin with a space',
    ),
};

/** The form of what is put; what contradicts itself in it is another problem, with another code (checkedThresholds). */
export const thresholdsBody = z.strictObject({
  limits: z.strictObject(Object.fromEntries(NUMERIC_CODES.map((code) => [code, limitsOfKind.exactOptional()]))),
  news2: news2.unwrap().exactOptional(),
  ...changeFields,
});

/** @throws HttpError `thresholds_contradict`, with each contradiction and its path */
export function checkedThresholds(of: Pick<z.output<typeof thresholdsBody>, 'limits' | 'news2'>): Thresholds {
  const result = thresholdsSchema.safeParse({ limits: of.limits, news2: of.news2 });
  if (result.success) return result.data;
  throw new HttpError('thresholds_contradict', 'No alert could begin or end by these thresholds as they are meant.', {
    faults: result.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  });
}

/** Stored thresholds, or why they are none. */
export function readThresholds(document: unknown): { thresholds: Thresholds } | { fault: string } {
  const result = thresholdsSchema.safeParse(document);
  if (result.success) return { thresholds: result.data };
  const faults = result.error.issues.slice(0, FAULTS_MAX);
  return { fault: faults.map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`).join('; ') };
}

/** Thresholds of a scope as clients read them. */
export const storedThresholds = z.strictObject({
  scope: z.string(),
  version: z.int().min(1),
  thresholds: z.record(z.string(), z.unknown()).describe('limits and news2, as they were put'),
  fault: z.string().describe('why they are not gone by; the next wider scope holds').exactOptional(),
  updatedAt: z.string(),
  updatedBy: z.string(),
  reason: z.string(),
});
export type StoredThresholds = z.infer<typeof storedThresholds>;
