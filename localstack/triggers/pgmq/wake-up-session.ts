import type pg from 'pg';
import { failureOf } from '../failure.ts';
import { fullJitterMs } from '../jitter.ts';
import type { SourceContext } from '../source-context.ts';
import { RECONNECT_DELAY } from './tuning.ts';
import { fallAsleepStatement, listenStatement, wakeUpStatement } from './wake-up-trigger.ts';

/** A session that does not answer by then is taken for dead: TCP may not notice for minutes. */
const ANSWER_TIMEOUT_MS = 2_000;
/** Connecting takes several round trips, with TLS more. */
const CONNECT_TIMEOUT_MS = 10_000;

/** A consumer's LISTEN session; see wake-up-trigger.ts for how it and inserting transactions find each other. */
export interface WakeUpSession {
  /** Resolves when every later commit into the queue notifies, or at once when there is no session to be notified. */
  arm(): Promise<void>;
  disarm(): void;
  close(): Promise<void>;
}

/**
 * Opens the session and keeps it open: re-made with jittered back-off whenever it is lost. Returns at once.
 * @param onWake a message was committed while armed; or the session is there (again), before which none would notify.
 */
export function openWakeUpSession(
  connect: () => Promise<pg.Client>,
  queue: string,
  onWake: (by: 'notify' | 'poll') => void,
  { clock, random, outage, logger, fields }: SourceContext,
): WakeUpSession {
  let client: pg.Client | undefined;
  let armed = false;
  let closed = false;
  let failures = 0;
  let cancelRetry: () => void = () => undefined;

  async function answered<T>(answer: Promise<T>, withinMs = ANSWER_TIMEOUT_MS): Promise<T> {
    let cancel: () => void = () => undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(withinMs, () => reject(new Error('the wake-up session does not answer')));
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      cancel();
    }
  }

  function notEnded(error: unknown): void {
    // A peer that is gone cannot be told goodbye.
    logger.debug('wake-up session not ended cleanly', { ...fields, failure: failureOf(error) });
  }

  function discard(lost: pg.Client): void {
    lost.removeAllListeners('notification');
    lost.end().catch(notEnded);
  }

  async function connected(): Promise<pg.Client> {
    const connecting = connect();
    try {
      return await answered(connecting, CONNECT_TIMEOUT_MS);
    } catch (error) {
      // Should it still come about, nobody waits for it any more.
      connecting.then(discard, notEnded);
      throw error;
    }
  }

  function lose(lost: pg.Client, error: unknown): void {
    if (client !== lost) return;
    client = undefined;
    armed = false;
    if (closed) return;
    discard(lost);
    retry(error);
  }

  function retry(error: unknown): void {
    outage.failed('listening', error);
    failures += 1;
    cancelRetry = clock.after(fullJitterMs(failures, RECONNECT_DELAY, random()), () => void open());
  }

  async function open(): Promise<void> {
    try {
      const fresh = await connected();
      fresh.on('error', (error) => lose(fresh, error));
      fresh.on('end', () => lose(fresh, new Error('the wake-up session was ended')));
      fresh.on('notification', () => armed && onWake('notify'));
      try {
        await answered(fresh.query(listenStatement(queue)));
      } catch (error) {
        discard(fresh);
        throw error;
      }
      if (closed) return discard(fresh);
      client = fresh;
      failures = 0;
      outage.worked('listening');
      // Sleep may have been tried without a session, and commits may have gone by unnoticed: look, then arm for real.
      onWake('poll');
    } catch (error) {
      if (!closed) retry(error);
    }
  }

  void open();

  return {
    async arm() {
      const session = client;
      if (session === undefined) return;
      armed = true;
      try {
        await answered(session.query(fallAsleepStatement, [queue]));
      } catch (error) {
        lose(session, error);
      }
    },
    disarm() {
      const session = client;
      if (session === undefined || !armed) return;
      armed = false;
      answered(session.query(wakeUpStatement, [queue])).catch((error: unknown) => lose(session, error));
    },
    async close() {
      closed = true;
      cancelRetry();
      const session = client;
      client = undefined;
      if (session !== undefined) {
        await answered(session.end()).catch(notEnded);
      }
    },
  };
}
