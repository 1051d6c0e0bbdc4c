// A device that loses nothing: it keeps each alert until the broker has acknowledged it.
import { nowMs } from '../mqtt/clock.ts';
import { MqttError } from '../mqtt/in-flight.ts';
import type { PublishOptions } from '../mqtt/options.ts';
import type { Link } from './link.ts';
import { type Metadata, recordAcked, recordFailed, recordResent, recordSent } from './producer-metrics.ts';
import { settledBy, until } from './timers.ts';

interface KeptMessage {
  readonly topic: string;
  /** The same bytes each time. */
  readonly body: string;
  readonly identity: Metadata;
  readonly options: PublishOptions;
}

/** Errors after which the same message may be taken, on another connection. */
const AGAIN: readonly string[] = [
  'connection_lost',
  'not_connected',
  'ack_timeout',
  'not_sent',
  'protocol_error',
  'not_kept',
];
const UNACKNOWLEDGED = 'unacknowledged';
/** A broker that boots has its bindings within a second. */
const NOT_KEPT_PAUSE_MS = 250;

/**
 * Sends one message at a time, in the order in which they came, over whichever connection there is, and the same one again until
 * it is acknowledged: so a patient's order holds, and the receiver may get one twice.
 */
export class Outbox {
  /** Error code → the last message. */
  readonly troubles = new Map<string, string>();
  private readonly link: Link;
  private readonly untilMs: number;
  private line: Promise<unknown> = Promise.resolve();

  /** @param untilMs epoch milliseconds after which it gives up */
  constructor(link: Link, untilMs: number) {
    this.link = link;
    this.untilMs = untilMs;
  }

  /**
   * Counts as sent now; its latency runs from now to the PUBACK. Resolves then.
   * @throws MqttError `unacknowledged`, or `refused` and `invalid_message` as the client does
   */
  put(message: KeptMessage): Promise<void> {
    const startedMs = nowMs();
    recordSent(message.identity, message.options.tags ?? {});
    const done = this.line.then(() => this.deliver(message, startedMs));
    this.line = done.catch(() => undefined); // told to who put it there; the next one is not concerned
    return done;
  }

  private async deliver({ topic, body, identity, options }: KeptMessage, startedMs: number): Promise<void> {
    const { tags = {} } = options;
    let before: string | undefined;
    for (;;) {
      if (!this.link.client?.open) await settledBy(this.link.open(), this.untilMs);
      const { client } = this.link;
      if (Date.now() >= this.untilMs) {
        recordFailed(identity, tags, UNACKNOWLEDGED);
        throw new MqttError(UNACKNOWLEDGED, `not acknowledged in time (${before ?? 'its turn did not come'})`);
      }
      if (!client?.open) continue;
      if (before !== undefined) recordResent(identity, tags, before);
      try {
        await client.publish(topic, body, { ...options, mustBeKept: true });
        recordAcked(identity, tags, nowMs() - startedMs);
        return;
      } catch (error) {
        const { code, message } = error instanceof MqttError ? error : new MqttError('error', String(error));
        // Ended by this side: the phase is over, or the connection was given up below.
        if (code !== 'ended') this.troubles.set(code, message);
        if (!AGAIN.includes(code) && code !== 'ended') {
          recordFailed(identity, tags, code);
          throw error;
        }
        before = code;
        if (code === 'ack_timeout') await this.link.renew();
        if (code === 'not_kept') await until(Date.now() + NOT_KEPT_PAUSE_MS);
      }
    }
  }
}
