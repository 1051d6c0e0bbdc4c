import type { Session } from '../session/token.ts';
import { setByAnswer } from './clock.ts';

/** What a request came to. `away`: nobody answered, or nobody who could; the same request may be sent again. */
export type Answer<Body> =
  | { readonly outcome: 'done'; readonly body: Body; readonly etag: string | null }
  | { readonly outcome: 'refused'; readonly status: number; readonly code: string; readonly detail: string }
  | { readonly outcome: 'away' };

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  send<Body>(request: ApiRequest): Promise<Answer<Body>>;
}

/** Longer than the server's own limit would only be waited for in vain. */
const TIMEOUT_MS = 10_000;
const SERVER_ERROR = 500;
const UNAUTHORIZED = 401;

interface Listeners {
  /** Told after each request whether the server is there. */
  reached(isThere: boolean): void;
  /** The token is over, or never was one. */
  unauthorized(): void;
}

export function createApi({ token }: Session, { reached, unauthorized }: Listeners): Api {
  return {
    async send<Body>({ method = 'GET', path, body, headers }: ApiRequest): Promise<Answer<Body>> {
      let answer: Response;
      let said: unknown;
      try {
        answer = await fetch(`/api${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
          cache: 'no-store',
        });
        said = await answer.json().catch(() => undefined);
      } catch {
        reached(false);
        return { outcome: 'away' };
      }
      setByAnswer(answer);
      reached(answer.status < SERVER_ERROR);
      if (answer.ok) return { outcome: 'done', body: said as Body, etag: answer.headers.get('etag') };
      if (answer.status >= SERVER_ERROR) return { outcome: 'away' };
      if (answer.status === UNAUTHORIZED) unauthorized();
      const { code = 'unknown', detail = '' } = (said ?? {}) as { code?: string; detail?: string };
      return { outcome: 'refused', status: answer.status, code, detail };
    },
  };
}
