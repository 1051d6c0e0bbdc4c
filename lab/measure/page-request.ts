import { z } from 'zod';
import { asRole } from '../../shared/access/local-token.ts';
import { PermanentError, TransientError } from '../../shared/errors.ts';

/** Of one request: twice the functions' limit of 2 s on a database operation, and a margin. */
const ANSWER_TIMEOUT_MS = 5_000;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const REASON_CHARACTERS = 200;

/** What is asked of a stage, and what a right answer is. */
export interface PageForm<T> {
  /** In words: `page of notifications`. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** Statuses other than 200 that are an answer, and what they say. */
  readonly answers?: ReadonlyMap<number, T>;
}

/**
 * Asks once.
 * @returns the page, or why it should be asked for again
 * @throws PermanentError `lab_delivered` for an answer that will be no better next time
 */
export async function requestPage<T>(
  url: string,
  form: PageForm<T>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ page: T } | { error: TransientError }> {
  let status: number;
  let text: string;
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const reader = await asRole('admin');
    const response = await fetch(url, { headers: { accept: 'application/json', ...reader, ...headers }, signal });
    status = response.status;
    text = await response.text();
  } catch (error) {
    return { error: new TransientError('lab_delivered', `GET ${url} failed: ${reasonOf(error)}`, { cause: error }) };
  }
  const answer = `GET ${url} answered ${status}`;
  if (status >= SERVER_ERROR || status === TOO_MANY_REQUESTS) {
    return { error: new TransientError('lab_delivered', `${answer}: ${text.slice(0, REASON_CHARACTERS)}`) };
  }
  const said = form.answers?.get(status);
  if (said !== undefined) return { page: said };
  if (status !== 200) throw new PermanentError('lab_delivered', `${answer}: ${text.slice(0, REASON_CHARACTERS)}`);
  return { page: parsePage(answer, text, form) };
}

function parsePage<T>(answer: string, text: string, { name, schema }: PageForm<T>): T {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new PermanentError('lab_delivered', `${answer} with no ${name}: ${z.prettifyError(parsed.error)}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // No page either: the schema says so.
  }
}

/** fetch says `fetch failed`; what failed is its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
