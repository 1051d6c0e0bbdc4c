// Limits as they are edited: texts until they are put, since half a number is none yet.
import { KINDS, NUMERIC_CODES, type NumericCode } from '../../../shared/vitals/kinds.ts';
import { type Limit, type Thresholds, thresholdsSchema } from '../../../shared/vitals/thresholds.ts';

export const FIELDS = ['severeLow', 'low', 'high', 'severeHigh', 'delayS', 'hysteresis'] as const;
export type Field = (typeof FIELDS)[number];

export interface DraftRow {
  readonly when: Limit['when'];
  readonly priority: Limit['priority'];
  readonly texts: Readonly<Record<Field, string>>;
}

/** Of each kind its rows; undefined: the scope says nothing of it, and the next wider one holds. */
export type Draft = Readonly<Partial<Record<NumericCode, readonly DraftRow[]>>>;

const rowOf = (limit: Limit): DraftRow => ({
  when: limit.when,
  priority: limit.priority,
  texts: Object.fromEntries(FIELDS.map((field) => [field, limit[field]?.toString() ?? ''])) as Record<Field, string>,
});

export const draftOf = (limits: Thresholds['limits']): Draft =>
  Object.fromEntries(Object.entries(limits).map(([code, list]) => [code, list.map(rowOf)]));

export function withField(draft: Draft, code: NumericCode, index: number, field: Field, text: string): Draft {
  const rows = (draft[code] ?? []).map((row, at) =>
    at === index ? { ...row, texts: { ...row.texts, [field]: text } } : row,
  );
  return { ...draft, [code]: rows };
}

export function withPriority(draft: Draft, code: NumericCode, index: number, priority: Limit['priority']): Draft {
  return { ...draft, [code]: (draft[code] ?? []).map((row, at) => (at === index ? { ...row, priority } : row)) };
}

/** What a scope begins with when it is to say something of a kind: what holds for it now. */
export const setHere = (draft: Draft, code: NumericCode, held: readonly Limit[] | undefined): Draft => ({
  ...draft,
  [code]: held === undefined || held.length === 0 ? [rowOf(EMPTY)] : held.map(rowOf),
});

const EMPTY: Limit = { when: 'always', delayS: 0, hysteresis: 0, priority: 'medium' };

export function inherited(draft: Draft, code: NumericCode): Draft {
  const { [code]: _, ...others } = draft;
  return others;
}

export interface Fault {
  readonly code: NumericCode | undefined;
  readonly text: string;
}

const isCode = (text: PropertyKey | undefined): text is NumericCode => NUMERIC_CODES.some((code) => code === text);

/** What would be put, or all that is wrong with it, by the server's own rules. */
export function limitsOf(draft: Draft): { limits: Thresholds['limits'] } | { faults: readonly Fault[] } {
  const limits = Object.fromEntries(
    Object.entries(draft).map(([code, rows]) => [
      code,
      rows.map(({ when, priority, texts }) => ({ when, priority, ...numbersOf(texts) })),
    ]),
  );
  const result = thresholdsSchema.safeParse({ limits });
  if (result.success) return { limits: result.data.limits };
  return {
    faults: result.error.issues.map(({ path, message }) => {
      const code = isCode(path[1]) ? path[1] : undefined;
      const field = typeof path[3] === 'string' ? `${path[3]}: ` : '';
      return { code, text: `${code === undefined ? '' : `${KINDS[code].short}: `}${field}${message}` };
    }),
  };
}

/** What is empty is no limit; what is no number stays a text, for the rules to refuse. */
const numbersOf = (texts: DraftRow['texts']) =>
  Object.fromEntries(
    FIELDS.flatMap((field) => {
      const text = texts[field].trim().replace(',', '.');
      if (text === '') return [];
      const value = Number(text);
      return [[field, Number.isFinite(value) ? value : text]];
    }),
  );
