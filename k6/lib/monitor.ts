// A patient monitor for one phase: a connection that it keeps, and its share of the phase's messages, each at its time.

import { MqttClient } from '../mqtt/client.ts';
import { MqttError } from '../mqtt/in-flight.ts';
import type { ConnectOptions, PublishOptions } from '../mqtt/options.ts';
import { bodyOf, type Messages, type PlannedMessage } from './messages.ts';
import { dueMs, type PlannedPhase } from './phases.ts';
import { recordFailed, recordLate, recordSent } from './producer-metrics.ts';

/** Later than this, a message does not count as sent at its time. */
const LATE_MS = 1_000;
/** So long may the first connection hold up the first message: short of being late. */
const FIRST_CONNECTION_MS = 900;
/** Between a connection lost and the next attempt: what bedside monitors do is not published; short, so that a flapping link is used. */
const RECONNECT_MS = 250;

export interface MonitorDuty {
  readonly phase: PlannedPhase;
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** This monitor sends the messages index, index + monitors, index + 2 monitors … */
  readonly index: number;
  readonly monitors: number;
  readonly messages: Messages;
  readonly connection: ConnectOptions;
  readonly topicOf: (message: PlannedMessage) => string;
  readonly publishOptions: (message: PlannedMessage) => PublishOptions;
}

/** Resolves when the last message is sent and acknowledged, or `untilMs` has come. What went wrong is counted, and logged once. */
export async function runMonitor(duty: MonitorDuty): Promise<void> {
  const { phase, fromMs, index, monitors } = duty;
  const link = new Link(duty.connection);
  const troubles = new Map<string, string>();
  const underWay = new UnderWay();
  for (let number = index; number < phase.count; number += monitors) {
    const due = fromMs + dueMs(phase, number);
    await until(due);
    // So far behind, what is left would not be this load any more; what was sent is still counted to its end.
    if (Date.now() >= duty.untilMs) break;
    if (!link.wasUp) await settledBy(link.up, due + FIRST_CONNECTION_MS);
    underWay.add(send(duty, link, number, due), (code, message) => troubles.set(code, message));
  }
  const settled = underWay.settled();
  await settledBy(settled, duty.untilMs);
  await link.stop();
  await settled;
  for (const [code, message] of [...troubles, ...link.troubles])
    console.warn(`monitor ${index} in phase ${phase.name}: ${code}: ${message}`);
}

/** Counts promises, and keeps none: a long run has many. */
class UnderWay {
  private count = 0;
  private whenSettled: () => void = () => undefined;

  add(promise: Promise<void>, onFailed: (code: string, message: string) => void): void {
    const settle = () => {
      this.count--;
      if (this.count === 0) this.whenSettled();
    };
    this.count++;
    promise.then(settle, (error: unknown) => {
      if (error instanceof MqttError) onFailed(error.code, error.message);
      else onFailed('error', String(error));
      settle();
    });
  }

  /** Asked when no more are added. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.whenSettled = resolve;
      if (this.count === 0) resolve();
    });
  }
}

async function send(duty: MonitorDuty, link: Link, number: number, due: number): Promise<void> {
  const message = duty.messages.of(duty.phase.name, number);
  const { identity } = message;
  const options = duty.publishOptions(message);
  const onSent = () => {
    if (Date.now() - due > LATE_MS) recordLate(identity);
  };
  const { client } = link;
  if (client?.open)
    return client.publish(duty.topicOf(message), bodyOf(message.alert), { ...options, identity, onSent });
  // A monitor without a connection does what it can, at its time: the message is sent, to nobody.
  recordSent(identity, options.tags ?? {});
  recordFailed(identity, options.tags ?? {}, 'not_connected');
  onSent();
  throw new MqttError('not_connected', 'there was no connection');
}

/** Connects, and connects again when the connection is lost. */
class Link {
  client: MqttClient | undefined;
  wasUp = false;
  readonly up: Promise<void>;
  /** Error code → the last message. */
  readonly troubles = new Map<string, string>();
  private stopping = false;
  private readonly done: Promise<void>;

  constructor(options: ConnectOptions) {
    let whenUp: () => void = () => undefined;
    this.up = new Promise((resolve) => {
      whenUp = resolve;
    });
    this.done = this.keep(options, () => {
      this.wasUp = true;
      whenUp();
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.client?.end();
    await this.done;
  }

  private async keep(options: ConnectOptions, onUp: () => void): Promise<void> {
    while (!this.stopping) {
      const client = new MqttClient(options);
      this.client = client;
      const closed = new Promise<MqttError | undefined>((resolve) => {
        client.onClose = resolve;
      });
      client.connected.then(onUp, () => undefined); // `closed` has the reason
      const reason = await closed;
      if (this.stopping) return;
      if (reason) this.troubles.set(reason.code, reason.message);
      await until(Date.now() + RECONNECT_MS);
    }
  }
}

function until(epochMs: number): Promise<void> {
  // A timer even when it is that time already: acknowledgements are read between timers only.
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, epochMs - Date.now())));
}

/** Resolves with the promise or at that time. No timer is left behind: it would keep the iteration from ending. */
function settledBy(promise: Promise<unknown>, epochMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, epochMs - Date.now()));
    promise.then(() => {
      clearTimeout(timer);
      resolve();
    }, resolve);
  });
}
