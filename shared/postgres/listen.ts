import pg from 'pg';
import { fullJitterMs } from '../../localstack/triggers/jitter.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** A session that does not answer by then is taken for dead: TCP may not notice for minutes. */
const ANSWER_TIMEOUT_MS = 2_000;
/** How often it is asked: for so long changes may go unheard after a cut that nobody tells of. */
const ASK_EVERY_MS = 5_000;
const RECONNECT_DELAY = { minimumMs: 100, maximumMs: 5_000 };

export interface Listening {
  close(): Promise<void>;
}

export interface ListenOptions {
  url: string;
  /** A name that needs no quotes. */
  channel: string;
  applicationName: string;
  onMessage(payload: string): void;
  /** From now on each commit is heard of. What was committed before may have gone by: also after a loss. */
  onListening(): void;
  /** Once for each session that is lost, and for each attempt that fails. */
  onLost(error: unknown): void;
}

/** A LISTEN session, made anew with jittered back-off whenever it is lost. Returns at once; it keeps no process alive. */
export function listen(options: ListenOptions): Listening {
  const { url, channel, applicationName, onMessage, onListening, onLost } = options;
  let current: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;

  function later(ms: number, work: () => void): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(work, ms).unref();
  }

  function lose(client: pg.Client, error: unknown): void {
    if (current !== client) return;
    current = undefined;
    client.removeAllListeners('notification');
    // It has failed already; how it ends does not matter.
    client.end().catch(() => undefined);
    if (closed) return;
    failures += 1;
    later(fullJitterMs(failures, RECONNECT_DELAY, Math.random()), () => void open());
    onLost(error);
  }

  async function ask(client: pg.Client): Promise<void> {
    try {
      await client.query('SELECT');
      later(ASK_EVERY_MS, () => void ask(client));
    } catch (error) {
      lose(client, error);
    }
  }

  async function open(): Promise<void> {
    const client = new pg.Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
    });
    current = client;
    // Of pg (lib/client.js); its types leave it out.
    if ('unref' in client && typeof client.unref === 'function') client.unref();
    client.on('error', (error) => lose(client, error));
    client.on('end', () => lose(client, new Error('the session was ended')));
    client.on('notification', ({ payload }) => onMessage(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      return lose(client, error);
    }
    if (current !== client) return;
    failures = 0;
    later(ASK_EVERY_MS, () => void ask(client));
    onListening();
  }

  void open();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      const client = current;
      current = undefined;
      client?.removeAllListeners('notification');
      await client?.end().catch(() => undefined);
    },
  };
}
