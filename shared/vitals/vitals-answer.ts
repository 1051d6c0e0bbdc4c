import { z } from 'zod';
import { KIND_CODES, KINDS, type KindCode } from './kinds.ts';
import { VALIDITIES } from './vitals-message.ts';
import { cursorOf, type Place, type VitalsQuestion } from './vitals-query.ts';
import type { BucketRow, ReadingRow } from './vitals-read-store.ts';

const value = z.union([z.number(), z.string()]).nullable();
const validity = z.enum(VALIDITIES);

const reading = z.strictObject({ at: z.string(), value, validity, simulated: z.literal(true).exactOptional() });
const bucket = z.strictObject({
  at: z.string().describe('its beginning'),
  count: z.int().min(1).describe('readings, of whatever validity'),
  min: z.number().exactOptional().describe('as max and mean: of values that are valid or questionable'),
  max: z.number().exactOptional(),
  mean: z.number().exactOptional(),
  last: value.describe('the newest, of whatever validity'),
  validity: validity.describe('the worst'),
});

const series = <Point extends z.ZodType>(point: Point) =>
  z.array(
    z.strictObject({
      code: z.enum(KIND_CODES),
      name: z.string(),
      unit: z.string().exactOptional(),
      points: z.array(point),
    }),
  );
const asked = { patientId: z.string(), from: z.string(), to: z.string(), nextCursor: z.string().exactOptional() };

/** Without a resolution readings as they are, with it what those of each bucket amount to. */
export const vitalsAnswer = z.union([
  z.strictObject({ ...asked, series: series(reading) }),
  z.strictObject({ ...asked, resolutionS: z.int(), series: series(bucket) }),
]);

const shownValue = (row: { value: number | null; value_text: string | null }) => row.value ?? row.value_text;

const toReading = (row: ReadingRow): z.infer<typeof reading> => ({
  at: row.at.toISOString(),
  value: shownValue(row),
  validity: row.validity,
  ...(row.simulated ? { simulated: true } : {}),
});

const toBucket = (row: BucketRow): z.infer<typeof bucket> => ({
  at: row.start.toISOString(),
  count: row.count,
  ...(row.min === null ? {} : { min: row.min }),
  ...(row.max === null ? {} : { max: row.max }),
  ...(row.mean === null ? {} : { mean: row.mean }),
  last: shownValue(row),
  validity: row.validity,
});

/** The rows by code; one more than a page has says that there is another page, and where it begins. */
function paged<Row extends { code: KindCode }, Point>(
  rows: readonly Row[],
  pageMax: number,
  atOf: (row: Row) => Date,
  pointOf: (row: Row) => Point,
) {
  const next = rows[pageMax];
  const byCode = Map.groupBy(rows.slice(0, pageMax), ({ code }) => code);
  const series = [...byCode].map(([code, own]) => {
    const kind = KINDS[code];
    const unit = kind.type === 'numeric' ? { unit: kind.unit } : {};
    return { code, name: kind.name, ...unit, points: own.map(pointOf) };
  });
  const place: Place | undefined = next && { code: next.code, at: atOf(next).toISOString() };
  return { series, ...(place === undefined ? {} : { nextCursor: cursorOf(place) }) };
}

const askedOf = ({ patientId, from, to }: VitalsQuestion) => ({ patientId, from, to });

export const readingsAnswer = (question: VitalsQuestion, rows: readonly ReadingRow[], pageMax: number) => ({
  ...askedOf(question),
  ...paged(rows, pageMax, ({ at }) => at, toReading),
});

export const bucketsAnswer = (
  question: VitalsQuestion,
  resolutionS: number,
  rows: readonly BucketRow[],
  pageMax: number,
) => ({
  ...askedOf(question),
  resolutionS,
  ...paged(rows, pageMax, ({ start }) => start, toBucket),
});
