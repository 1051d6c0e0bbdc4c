import { fullJitterMs } from '../jitter.ts';
import type { SourceContext } from '../source-context.ts';
import { type Link, type LinkMessage, openLink } from './link.ts';
import { brokenBy, type LinkError } from './link-error.ts';
import type { LinkSettings } from './link-settings.ts';
import type { MqttTuning } from './tuning.ts';

export interface ConnectionHandlers {
  connected(connection: number, resumed: boolean): void;
  message(connection: number, message: LinkMessage): void;
  lost(): void;
}

/** A connection that is made again whenever it is lost. */
export interface Connection {
  /** The link that is there now, if one is. */
  link(): Link | undefined;
  isReady(): boolean;
  /** Resolves when the first try has ended, well or not. */
  readonly tried: Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects and stays connected, with jittered exponential back-off. The broker may come up beside this process: until
 * `startGraceMs` have passed, a broker that is not there yet is no outage; one that says no is.
 */
export function keepConnected(
  settings: Omit<LinkSettings, 'subscribeAnew'>,
  tuning: MqttTuning,
  handlers: ConnectionHandlers,
  { clock, random, outage, emit, logger, fields }: SourceContext,
): Connection {
  const startedMs = clock.nowMs();
  const tried = Promise.withResolvers<void>();
  let connection = 0;
  let link: Link | undefined;
  let readySinceMs: number | undefined;
  let everReady = false;
  let failures = 0;
  let closing = false;
  let cancelRetry: () => void = () => undefined;

  function failed(error: LinkError): void {
    const starting = !everReady && error.kind === 'unreachable' && clock.nowMs() - startedMs < tuning.startGraceMs;
    if (!starting) outage.failed('connection', error);
    else logger.debug('the broker is not there yet', { ...fields, errorCode: error.code, errorMessage: error.message });
  }

  function closed(error: LinkError): void {
    const lastedMs = readySinceMs === undefined ? 0 : clock.nowMs() - readySinceMs;
    if (readySinceMs !== undefined) emit({ type: 'disconnected', reason: closing ? 'stopped' : error.message });
    link = undefined;
    readySinceMs = undefined;
    handlers.lost();
    tried.resolve();
    if (closing) return;
    failed(error);
    failures = lastedMs >= tuning.stableMs ? 1 : failures + 1;
    const bounds = error.kind === 'takenOver' ? tuning.takenOverDelay : tuning.reconnectDelay;
    cancelRetry = clock.after(fullJitterMs(failures, bounds, random()), open);
  }

  function ready(grantedQos: number | undefined): void {
    readySinceMs = clock.nowMs();
    everReady = true;
    outage.worked('connection');
    emit({ type: 'connected' });
    logger.info('event source is subscribed', fields);
    if (grantedQos !== undefined && grantedQos < settings.qos) {
      logger.warn('the broker grants a lower QoS than asked for: messages can get lost', { ...fields, grantedQos });
    }
    tried.resolve();
  }

  function open(): void {
    connection += 1;
    const number = connection;
    // A session of an earlier process may hold another subscription than this one.
    const next = { ...settings, subscribeAnew: !everReady };
    try {
      link = openLink(
        next,
        {
          connected: (resumed) => handlers.connected(number, resumed),
          ready,
          message: (message) => handlers.message(number, message),
          closed,
        },
        clock,
      );
    } catch (error) {
      // Certificates that cannot be read, for one.
      closed(brokenBy(error instanceof Error ? error : new Error(String(error))));
    }
  }

  open();

  return {
    link: () => link,
    isReady: () => readySinceMs !== undefined,
    tried: tried.promise,
    async close() {
      closing = true;
      cancelRetry();
      await link?.close();
    },
  };
}
