export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What became of one attempt. `again`: it may or may not have been taken; the same key makes it safe to repeat. */
export type Attempted =
  | { readonly outcome: 'confirmed' }
  | { readonly outcome: 'again'; readonly error: string; readonly afterMs: number | null }
  | { readonly outcome: 'refused'; readonly error: string };

/** A pager's door answers in some hundred ms; who takes longer keeps others waiting, and is tried again. */
const ANSWER_WITHIN_MS = 3_000;
const CLIENT_ERROR = 400;
const SERVER_ERROR = 500;
/** RFC 9110 and 6585: the same request may succeed later. */
const LATER: readonly number[] = [408, 425, 429];
const MS_PER_S = 1_000;

/** RFC 9110, 10.2.3: seconds, or a date. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = /^\d{1,6}$/.test(header.trim()) ? Number(header) : undefined;
  const ms = seconds === undefined ? Date.parse(header) - nowMs : seconds * MS_PER_S;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** What went wrong below HTTP, by its code: a message could quote the address with what is in it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unreachable';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreachable';
}

/**
 * Posts JSON once. 2xx is done, whatever its body says, which is not read; a redirect is not followed, since what is said here
 * was meant for nobody else; TLS is verified. Never throws.
 */
export async function sendRequest({ url, headers, body }: OutgoingRequest): Promise<Attempted> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'heartline', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (error) {
    return { outcome: 'again', error: reasonOf(error), afterMs: null };
  }
  // However long it is: that it breaks off says nothing about the status.
  await answer.body?.cancel().catch(() => undefined);
  if (answer.ok) return { outcome: 'confirmed' };
  const { status } = answer;
  const error = `answered ${status}`;
  if (status < SERVER_ERROR && !LATER.includes(status)) {
    return { outcome: 'refused', error: status < CLIENT_ERROR ? `${error}: redirects are not followed` : error };
  }
  return { outcome: 'again', error, afterMs: retryAfterMs(answer.headers.get('retry-after'), Date.now()) };
}
