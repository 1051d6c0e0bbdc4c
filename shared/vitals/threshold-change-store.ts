import { z } from 'zod';
import type { ThresholdContext } from './threshold-store.ts';

const STAGE = { stage: 'vitals' } as const;
const LIST = `
  SELECT sequence::text, scope, version, before, after, changed_by, reason, changed_at FROM vitals.threshold_changes
  WHERE sequence > $1::bigint ORDER BY sequence LIMIT $2`;

const document = z.record(z.string(), z.unknown());
const thresholdChange = z.strictObject({
  scope: z.string(),
  version: z.int(),
  before: document.describe('absent of a scope that was not set').exactOptional(),
  after: document.describe('absent of a scope that was removed').exactOptional(),
  changedBy: z.string().describe('by hand in the database: its user'),
  reason: z.string(),
  changedAt: z.string(),
});
type ThresholdChange = z.infer<typeof thresholdChange>;

export const thresholdChangePage = z.strictObject({ changes: z.array(thresholdChange), nextCursor: z.string() });

interface Row {
  sequence: string;
  scope: string;
  version: number;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  changed_by: string;
  reason: string;
  changed_at: Date;
}

/** Changes in the order in which they were committed: none appears behind a cursor that was handed out. */
export async function listThresholdChanges(
  since: string,
  limit: number,
  { database, recordMetric }: ThresholdContext,
): Promise<z.infer<typeof thresholdChangePage>> {
  const startedAt = performance.now();
  const statement = { name: 'list-threshold-changes', text: LIST, values: [since, limit] };
  const rows = await database.query<Row & object>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return { changes: rows.map(toChange), nextCursor: rows.at(-1)?.sequence ?? since };
}

const toChange = ({ scope, version, before, after, changed_by, reason, changed_at }: Row): ThresholdChange => ({
  scope,
  version,
  ...(before === null ? {} : { before }),
  ...(after === null ? {} : { after }),
  changedBy: changed_by,
  reason,
  changedAt: changed_at.toISOString(),
});
