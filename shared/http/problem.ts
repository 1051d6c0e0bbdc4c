import { z } from 'zod';
import { PermanentError, TransientError } from '../errors.ts';

const faultSchema = z.strictObject({
  path: z.string().describe('names and indexes joined by dots, evidence.rr.0; empty for the whole'),
  message: z.string(),
});

/** What is wrong with one part of the request. */
export type Fault = z.infer<typeof faultSchema>;

/** Every problem an HTTP caller can get: its code, status and title. */
const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  validation_failed: { status: 400, title: 'The request is not valid' },
  idempotency_key_missing: { status: 400, title: 'The header Idempotency-Key is missing' },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key is not valid' },
  thresholds_contradict: { status: 400, title: 'The thresholds contradict themselves' },
  unauthorized: { status: 401, title: 'Nobody is signed in' },
  role_forbidden: { status: 403, title: 'This role may not do that' },
  alert_not_found: { status: 404, title: 'There is no such alert' },
  event_not_found: { status: 404, title: 'There is no such event' },
  thresholds_not_found: { status: 404, title: 'No thresholds are set here' },
  unknown_sku: { status: 404, title: 'There is no such product' },
  naive_is_off: { status: 404, title: 'Naive purchases are switched off' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  event_conflict: { status: 409, title: 'This eventId belongs to another event' },
  alert_closed: { status: 409, title: 'The alert is closed' },
  alert_resolved: { status: 409, title: 'The condition is over' },
  already_quiet: { status: 409, title: 'It makes no sound' },
  accepted_by_another: { status: 409, title: 'Somebody else has taken it' },
  no_next_role: { status: 409, title: 'The last role is asked already' },
  not_in_chain: { status: 409, title: 'That role is not asked about such alerts' },
  out_of_stock: { status: 409, title: 'There are not enough left' },
  stock_below_sold: { status: 409, title: 'More than that are sold already' },
  request_in_flight: { status: 409, title: 'A request with this Idempotency-Key is being worked on' },
  version_conflict: { status: 412, title: 'Somebody else has changed it' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is not declared as JSON' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key belongs to another request' },
  version_required: { status: 428, title: 'The header If-Match is missing' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  too_many_feeds: { status: 429, title: 'Too many feeds are open' },
  clock_skew: { status: 422, title: 'The time cannot be true' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  database_unavailable: { status: 503, title: 'The database is not reachable' },
  database_slow: { status: 503, title: 'The database did not answer in time' },
  stream_unavailable: { status: 503, title: 'The broker is not reachable' },
  timed_out: { status: 503, title: 'The request took too long' },
  temporarily_unavailable: { status: 503, title: 'A dependency is not available' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];
export const statusOf = (code: ProblemCode): number => PROBLEMS[code].status;

/** What any function may answer that asks the database, or that puts something into a stream. */
export const DATABASE_PROBLEMS = ['database_unavailable', 'database_slow'] as const satisfies ProblemCode[];
export const STREAM_PROBLEMS = ['stream_unavailable'] as const satisfies ProblemCode[];

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(PROBLEM_CODES),
    errors: z.array(faultSchema),
  })
  .meta({ description: 'RFC 9457. code is stable, and for programs; title and detail are for people.' });
export type Problem = z.infer<typeof problemSchema>;

/** The database is checked and pools refill within a second; sooner, a retry would meet the same state. */
export const RETRY_AFTER_S = 1;
/** A body of wrong names only would otherwise come back as an answer larger than itself. */
const MAX_FAULTS = 20;
const MAX_FAULT_CHARACTERS = 200;

/** An error whose answer is decided: thrown by handlers and by what reads their requests. */
export class HttpError extends PermanentError {
  override readonly code: ProblemCode;
  readonly faults: Fault[];
  readonly headers: Record<string, string>;

  constructor(code: ProblemCode, detail: string, more: { faults?: Fault[]; headers?: Record<string, string> } = {}) {
    super(code, detail);
    this.code = code;
    this.faults = more.faults ?? [];
    this.headers = more.headers ?? {};
  }
}

const short = (text: string) => text.slice(0, MAX_FAULT_CHARACTERS);

/** One fault for each thing wrong; an unknown member is named by its own path. */
function faultsOf(issues: readonly z.core.$ZodIssue[], prefix: PropertyKey[]): Fault[] {
  return issues.slice(0, MAX_FAULTS).flatMap((issue) => {
    const at = (more: PropertyKey[]) => short([...prefix, ...issue.path, ...more].map(String).join('.'));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.slice(0, MAX_FAULTS).map((key) => ({ path: at([key]), message: 'is not a known member' }));
    }
    const isMissing = 'input' in issue && issue.input === undefined && issue.path.length > 0;
    return [{ path: at([]), message: isMissing ? 'is required' : short(issue.message) }];
  });
}

/**
 * The value as the schema has it.
 * @param prefix put before each path: `['query']` for a query parameter
 * @throws HttpError `validation_failed` with a fault for each part that is wrong.
 */
export function validated<T>(schema: z.ZodType<T>, value: unknown, what: string, prefix: PropertyKey[] = []): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new HttpError('validation_failed', `The ${what} is not valid.`, {
    faults: faultsOf(result.error.issues, prefix).slice(0, MAX_FAULTS),
  });
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

function problem(code: ProblemCode, detail: string, errors: Fault[] = []): Problem {
  const { status, title } = PROBLEMS[code];
  return { type: `urn:heartline:problem:${code}`, title, status, detail, code, errors };
}

/** What the caller is told about an error, and the headers that go with it. An unexpected error tells nothing of itself. */
export function problemOf(error: unknown): { problem: Problem; headers: Record<string, string> } {
  if (error instanceof HttpError) {
    return { problem: problem(error.code, error.message, error.faults), headers: error.headers };
  }
  if (error instanceof TransientError) {
    const code = isProblemCode(error.code) ? error.code : 'temporarily_unavailable';
    const detail = 'Send the same request again; whether or not this one took effect, the result is the same.';
    return { problem: problem(code, detail), headers: { 'retry-after': String(RETRY_AFTER_S) } };
  }
  return { problem: problem('internal_error', 'The error was logged with the trace id of this answer.'), headers: {} };
}
