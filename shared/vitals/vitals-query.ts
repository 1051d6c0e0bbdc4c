import { z } from 'zod';
import { instantSchema } from '../alerts/alert-message.ts';
import { type Fault, HttpError } from '../http/problem.ts';
import { KIND_CODES, KINDS, type KindCode } from './kinds.ts';

const HOUR_MS = 3_600_000;
/** As long as readings are kept. */
const SPAN_MAX_MS = 24 * HOUR_MS;
const RESOLUTION_MAX_S = 86_400;
const MS_PER_S = 1_000;

const codesByName = new Map(KIND_CODES.flatMap((code) => [[code, code] as const, [KINDS[code].short, code] as const]));
const NAME = [...codesByName.keys()].join('|');

const kind = z
  .string()
  .regex(new RegExp(`^(${NAME})(,(${NAME}))*$`), `must be of ${[...codesByName.keys()].join(', ')}`)
  .transform((text) => text.split(',').flatMap((name) => codesByName.get(name) ?? []))
  .describe('codes or short names, joined by commas, or the parameter several times; all if it is not given');

const wrongResolution = `must be a whole number from 1 to ${RESOLUTION_MAX_S}`;
const resolution = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, wrongResolution)
  .transform(Number)
  .refine((seconds) => seconds <= RESOLUTION_MAX_S, wrongResolution)
  .meta({ type: 'integer', minimum: 1, maximum: RESOLUTION_MAX_S, pattern: undefined, description: 'seconds' });

/** Where a page goes on: with this kind, at this instant. */
const placeSchema = z.object({ code: z.enum(KIND_CODES), at: instantSchema });
export type Place = z.infer<typeof placeSchema>;

const cursor = z
  .string()
  .transform((text, context): Place => {
    try {
      return placeSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a nextCursor' });
      return z.NEVER;
    }
  })
  .meta({ minLength: 1, description: 'a nextCursor, with the same from and to' });

export const cursorOf = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url');

export const vitalsQuery = z.strictObject({
  kind: kind.optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
  resolution: resolution.optional(),
  cursor: cursor.optional(),
});

/** What is asked for, with nothing left open. */
export interface VitalsQuestion {
  patientId: string;
  /** Sorted, each once. */
  codes: readonly KindCode[];
  /** Inclusive. */
  from: string;
  /** Exclusive. */
  to: string;
  resolutionS: number | undefined;
  /** Of the first page: the first code, at `from`. */
  place: Place | undefined;
}

/**
 * The last hour, if nothing is said; an hour before `to`, or from `from` until now.
 * @throws HttpError `validation_failed`: no time between the two, or more than a day
 */
export function questionOf(
  patientId: string,
  { kind: codes, from, to, resolution: resolutionS, cursor: place }: z.output<typeof vitalsQuery>,
  nowMs: number,
): VitalsQuestion {
  const toMs = to === undefined ? nowMs : Date.parse(to);
  const fromMs = from === undefined ? toMs - HOUR_MS : Date.parse(from);
  const fault = (message: string): Fault[] => [{ path: 'query.from', message }];
  const faults = [
    ...(fromMs < toMs ? [] : fault('must be before to (without it: now)')),
    ...(toMs - fromMs <= SPAN_MAX_MS ? [] : fault(`must not be more than ${SPAN_MAX_MS / MS_PER_S} s before to`)),
  ];
  if (faults.length > 0) throw new HttpError('validation_failed', 'The query is not valid.', { faults });
  return {
    patientId,
    codes: [...new Set(codes ?? KIND_CODES)].sort(),
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    resolutionS,
    place,
  };
}
