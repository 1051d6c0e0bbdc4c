// A patient monitor for one phase: a connection that it keeps, and its share of the phase's messages, each at its time.

import { MqttError } from '../mqtt/in-flight.ts';
import type { ConnectOptions, PublishOptions } from '../mqtt/options.ts';
import { Link } from './link.ts';
import { bodyOf, type Messages, type PlannedMessage } from './messages.ts';
import { Outbox } from './outbox.ts';
import { dueMs, type PlannedPhase } from './phases.ts';
import { recordFailed, recordLate, recordSent } from './producer-metrics.ts';
import { settledBy, until } from './timers.ts';

/** Later than this, a message does not count as sent at its time. */
const LATE_MS = 1_000;
/** So long may the first connection hold up the first message: short of being late. */
const FIRST_CONNECTION_MS = 900;

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
  /** QoS 1: each message is kept until it is acknowledged, one at a time in their order, and sent again until then. */
  readonly untilAcknowledged: boolean;
}

/** Resolves when the last message is sent and acknowledged, or `untilMs` has come. What went wrong is counted, and logged once. */
export async function runMonitor(duty: MonitorDuty): Promise<void> {
  const { phase, fromMs, index, monitors } = duty;
  const link = new Link(duty.connection);
  const troubles = new Map<string, string>();
  const underWay = new UnderWay();
  const outbox = duty.untilAcknowledged ? new Outbox(link, duty.untilMs) : undefined;
  for (let number = index; number < phase.count; number += monitors) {
    const due = fromMs + dueMs(phase, number);
    await until(due);
    // So far behind, what is left would not be this load any more; what was sent is still counted to its end.
    if (Date.now() >= duty.untilMs) break;
    if (!link.wasUp) await settledBy(link.up, due + FIRST_CONNECTION_MS);
    const sending = outbox ? keep(duty, outbox, number, due) : send(duty, link, number, due);
    underWay.add(sending, (code, message) => troubles.set(code, message));
  }
  const settled = underWay.settled();
  await settledBy(settled, duty.untilMs);
  await link.stop();
  await settled;
  for (const [code, message] of [...(outbox?.troubles ?? []), ...troubles, ...link.troubles])
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

function keep(duty: MonitorDuty, outbox: Outbox, number: number, due: number): Promise<void> {
  const message = duty.messages.of(duty.phase.name, number);
  if (Date.now() - due > LATE_MS) recordLate(message.identity);
  const { identity, alert } = message;
  return outbox.put({
    topic: duty.topicOf(message),
    body: bodyOf(alert),
    identity,
    options: duty.publishOptions(message),
  });
}
