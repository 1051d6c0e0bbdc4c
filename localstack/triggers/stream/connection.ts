import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { fullJitterMs } from '../jitter.ts';
import type { SourceContext } from '../source-context.ts';
import { connectStream, type StreamClient } from '../stream-client/client.ts';
import { StreamClientError } from '../stream-client/stream-error.ts';
import type { StreamTuning } from './tuning.ts';

export interface ConnectionSetting {
  readonly url: string;
  readonly tls: TlsOptions | undefined;
  /** Shown in the broker's management page. */
  readonly name: string;
  readonly tuning: StreamTuning;
  /** Sets all up that a new connection needs. */
  readonly connected: (client: StreamClient) => Promise<void>;
  readonly lost: () => void;
}

/** A connection that is made anew, with a fresh client, whenever it is lost. */
export interface Connection {
  /** The client that is set up now, if one is. */
  client(): StreamClient | undefined;
  /** Resolves when the first try has ended, well or not. */
  readonly tried: Promise<void>;
  /** Makes no connection any more; one that stands is left. */
  quit(): void;
  /** Says goodbye; an attempt that is under way ends as soon as it can. Settles after {@link Connection.end} at the latest. */
  close(): Promise<void>;
  /** Ends it without a goodbye. */
  end(): void;
}

/** Response codes that may be over soon while the broker starts: no such stream, not available on this node. */
const STARTING_CODES: ReadonlySet<number | undefined> = new Set([2, 6]);

export function keepConnected(setting: ConnectionSetting, context: SourceContext): Connection {
  const { url, tls, name, tuning } = setting;
  const { clock, random, outage, emit, logger, fields } = context;
  const startedMs = clock.nowMs();
  const tried = Promise.withResolvers<void>();
  let opening: StreamClient | undefined;
  let ready: StreamClient | undefined;
  let readySinceMs = 0;
  let everReady = false;
  let failures = 0;
  let closing = false;
  let attempt: Promise<void> = Promise.resolve();
  const over = Promise.withResolvers<void>();
  let cancelRetry: () => void = () => undefined;

  function mayBeStarting(error: unknown): boolean {
    if (everReady || clock.nowMs() - startedMs >= tuning.startGraceMs) return false;
    if (!(error instanceof StreamClientError)) return false;
    if (error.code === 'refused') return STARTING_CODES.has(error.responseCode);
    return error.code === 'connect_failed' || error.code === 'connect_timeout' || error.code === 'peer_closed';
  }

  function retryLater(error: unknown, lastedMs: number): void {
    tried.resolve();
    if (closing) return;
    if (mayBeStarting(error))
      logger.debug('the broker or the stream is not there yet', { ...fields, error: String(error) });
    else outage.failed('connection', error);
    failures = lastedMs >= tuning.stableMs ? 1 : failures + 1;
    cancelRetry = clock.after(fullJitterMs(failures, tuning.reconnectDelay, random()), start);
  }

  function ended(client: StreamClient, reason: StreamClientError): void {
    if (client !== opening && client !== ready) return;
    const wasReady = client === ready;
    opening = undefined;
    ready = undefined;
    setting.lost();
    if (!wasReady) return;
    emit({ type: 'disconnected', reason: closing ? 'stopped' : reason.message });
    retryLater(reason, clock.nowMs() - readySinceMs);
  }

  async function open(): Promise<void> {
    const { connectTimeoutMs, requestTimeoutMs, heartbeatS } = tuning;
    const limits = { connectTimeoutMs, requestTimeoutMs, heartbeatS };
    const closed = (reason: StreamClientError) => {
      if (client !== undefined) ended(client, reason);
    };
    let client: StreamClient | undefined;
    client = await connectStream({
      url,
      ...limits,
      logger,
      connectionName: name,
      ...(tls === undefined ? {} : { tls }),
      onClosed: closed,
    });
    if (closing) {
      client.fail(new StreamClientError('closed', 'closed by its owner'));
      return;
    }
    opening = client;
    try {
      await setting.connected(client);
    } catch (error) {
      await client.close();
      throw error;
    }
    const reason = client.failed();
    if (reason !== undefined) throw reason;
    opening = undefined;
    ready = client;
    readySinceMs = clock.nowMs();
    everReady = true;
    outage.worked('connection');
    emit({ type: 'connected' });
    logger.info('event source is subscribed', fields);
    tried.resolve();
  }

  function start(): void {
    attempt = open().catch((error: unknown) => {
      opening = undefined;
      setting.lost();
      retryLater(error, 0);
    });
  }

  start();

  return {
    client: () => ready,
    tried: tried.promise,
    quit() {
      closing = true;
      cancelRetry();
    },
    async close() {
      closing = true;
      cancelRetry();
      await (ready ?? opening)?.close();
      // One that is being made is not waited for past the end: it ends by itself, and nothing comes of it.
      await Promise.race([attempt, over.promise]);
    },
    end() {
      (ready ?? opening)?.fail(new StreamClientError('closed', 'the broker did not say goodbye in time'));
      over.resolve();
    },
  };
}
