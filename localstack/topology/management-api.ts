import { PermanentError, TransientError } from '../../shared/errors.ts';
import { streamEndpoint } from '../triggers/stream-client/endpoint.ts';

/** RabbitMQ's HTTP API, as one user, in one virtual host. */
export interface ManagementApi {
  /** The object, or undefined when there is none. */
  get(path: string): Promise<unknown>;
  /** @throws PermanentError `broker_refused` with what the broker says */
  send(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<void>;
  /** `kind/<virtual host>/name…`, each part encoded. */
  path(kind: string, ...names: readonly string[]): string;
}

/** A busy broker of a laptop answers in milliseconds; a booting one not at all. */
const REQUEST_TIMEOUT_MS = 5_000;
const NOT_FOUND = 404;
const SERVER_ERROR = 500;

/**
 * User, password and virtual host are those of the management URL if it names a user, else those of the stream URL.
 * @throws StreamClientError `invalid_argument` for a stream URL that is none
 */
export function managementApi(managementUrl: string, streamUrl: string): ManagementApi {
  const { vhost, ...streamUser } = streamEndpoint(streamUrl);
  const url = new URL(managementUrl);
  const user =
    url.username === ''
      ? streamUser
      : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api`;
  const credentials = Buffer.from(`${user.username}:${user.password}`).toString('base64');
  const headers = { authorization: `Basic ${credentials}`, 'content-type': 'application/json' };

  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const init = { method, headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
    let answer: Response;
    try {
      answer = await fetch(`${base}/${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    } catch (cause) {
      throw new TransientError('broker_unavailable', `${base} does not answer: ${reasonOf(cause)}`, { cause });
    }
    if (answer.ok || answer.status === NOT_FOUND) return answer;
    const said = `${method} ${base}/${path}: ${answer.status} ${await answer.text()}`;
    if (answer.status >= SERVER_ERROR) throw new TransientError('broker_unavailable', said);
    throw new PermanentError('broker_refused', said);
  };
  return {
    path: (kind, ...names) => [kind, ...[vhost, ...names].map(encodeURIComponent)].join('/'),
    async get(path) {
      const answer = await call('GET', path);
      if (answer.ok) return await answer.json();
      await answer.body?.cancel();
      return undefined;
    },
    async send(method, path, body) {
      const answer = await call(method, path, body);
      await answer.body?.cancel();
      // Another process was first to delete it; or what it hangs on has gone, which the next look shows.
      if (!answer.ok && method !== 'DELETE') throw new TransientError('broker_changed', `${method} ${path}: not found`);
    },
  };
}

/** `fetch failed` hides its reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
}
