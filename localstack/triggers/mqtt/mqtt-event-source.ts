import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import type { EventSource, InvokeFunction, Observe, TriggerLogger } from '../event-source.ts';
import { sourceContext } from '../source-context.ts';
import { keepConnected } from './connection.ts';
import { dropCounter } from './drop-counter.ts';
import { addedFields, type EventSourceMessage, eventOf } from './event.ts';
import { type FailurePublisher, failurePublisher } from './failure-publisher.ts';
import { invokeOnce } from './invocation.ts';
import type { LinkMessage } from './link.ts';
import { linkSettings, type MqttTls } from './link-settings.ts';
import { createMachine } from './machine.ts';
import type { Fate, Input, MachineRecord, Output } from './machine-types.ts';
import type { MqttOptions } from './options.ts';
import { pacer } from './pacer.ts';
import { isReadOtherwiseByRabbitmq } from './topic.ts';
import { DEFAULT_TUNING, DRAIN_DEADLINE_DEFAULT_MS, type MqttTuning, machineOptions, START_WAIT_MS } from './tuning.ts';

export interface MqttEventSourceInput {
  /** The function's name, for logs, events and the client id. */
  readonly name: string;
  /** `mqtt://[user:password@]host[:port]`, `mqtts://…`, `ws://…` or `wss://…`. */
  readonly url: string;
  readonly tls?: MqttTls;
  /** As parseMqttOptions returns them. */
  readonly options: MqttOptions;
  /** The function's time-out: an invocation without an answer by then has failed. */
  readonly timeoutMs: number;
  readonly invoke: InvokeFunction;
  readonly logger: TriggerLogger;
  readonly observe?: Observe;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly tuning?: Partial<MqttTuning>;
}

/** A message on its way to the handler. */
export interface MqttRecord extends MachineRecord, EventSourceMessage {
  readonly packetId: number | undefined;
  readonly receivedMs: number;
}

const CLIENT_ID_NAME_LENGTH_MAX = 100;
const CLIENT_ID_RANDOM_BYTES = 4;

/**
 * Starts a mapping from an MQTT subscription to a function, which gets each message as an AWS IoT rule hands it over.
 * When the broker cannot be reached it returns all the same and goes on trying.
 * @throws TypeError when the URL is none of MQTT
 */
export async function startMqttEventSource(input: MqttEventSourceInput): Promise<EventSource> {
  const { options, timeoutMs, invoke, logger, name } = input;
  const clock = input.clock ?? systemClock;
  const random = input.random ?? Math.random;
  const observe = input.observe ?? (() => undefined);
  const tuning = { ...DEFAULT_TUNING, ...input.tuning };
  const context = sourceContext({ source: options.topic, function: name }, { clock, random, logger, observe });
  const { emit, outage, fields } = context;
  const ownId = `${name.slice(0, CLIENT_ID_NAME_LENGTH_MAX)}-${randomBytes(CLIENT_ID_RANDOM_BYTES).toString('hex')}`;
  const settings = linkSettings(input.url, input.tls ?? {}, options.clientId ?? ownId, options, tuning);

  // No broker says in MQTT which it is.
  if ([options.topic, options.onFailure ?? ''].some(isReadOtherwiseByRabbitmq)) {
    logger.warn("a '*' or '.' in a topic: RabbitMQ takes them for '+' and '/'", {
      ...fields,
      onFailure: options.onFailure,
    });
  }
  const machine = createMachine<MqttRecord>(machineOptions(options), random);
  const drops = dropCounter(context, options.maximumPayloadBytes);
  const pace = pacer();
  const failures: FailurePublisher = failurePublisher(options.onFailure, () => connection.link(), report, context);
  const drained = Promise.withResolvers<void>();
  let lastId = 0;
  let left = 0;
  let unfinished = 0;
  let cancelTick: () => void = () => undefined;
  let tickAtMs: number | undefined;
  let stopPromise: Promise<void> | undefined;

  function report(happened: Input<MqttRecord>): void {
    const nowMs = clock.nowMs();
    for (const output of machine.step(happened, nowMs)) perform(output);
    const nextMs = machine.nextTickMs();
    if (nextMs === tickAtMs) return;
    cancelTick();
    tickAtMs = nextMs;
    if (nextMs === undefined) return;
    cancelTick = clock.after(nextMs - nowMs, () => {
      tickAtMs = undefined;
      report({ type: 'tick' });
    });
  }

  function received(connectionNumber: number, message: LinkMessage): void {
    lastId += 1;
    const refused =
      message.retained && options.retained === 'ignore'
        ? 'retained'
        : message.payload.length > options.maximumPayloadBytes
          ? 'too_large'
          : undefined;
    const { topic, payload, packetId } = message;
    const record: MqttRecord = {
      topic,
      payload,
      packetId,
      receivedMs: clock.nowMs(),
      added: addedFields(message, options),
      id: lastId,
      qos: packetId === undefined ? 0 : 1,
      connection: connectionNumber,
      ...(refused === undefined ? {} : { refused }),
    };
    report({ type: 'message', record });
  }

  function invokeWith(record: MqttRecord, attempt: number): void {
    // Given up on while it waited for its turn.
    if (machine.counts().phase === 'stopped') return;
    const message = { messageId: String(record.id), attempt };
    void invokeOnce(invoke, eventOf(record), timeoutMs, message, context).then((failure) =>
      report({ type: 'settled', id: record.id, failure }),
    );
  }

  function finished(fate: Fate, { record, attempt, failure }: Output<MqttRecord> & { type: 'finished' }): void {
    if (fate === 'left') left += 1;
    else if (fate === 'unfinished') unfinished += 1;
    else if (fate === 'given_up') {
      const messageId = String(record.id);
      emit({ type: 'recordDeadLettered', messageId, attempt, code: failure?.code ?? 'Error' });
      logger.error('message given up on', { ...fields, messageId, attempt, failure, publishedTo: options.onFailure });
    } else if (fate !== 'succeeded' && fate !== 'failed') drops.dropped(fate, record.payload.length);
  }

  function perform(output: Output<MqttRecord>): void {
    switch (output.type) {
      case 'invoke':
        pace(() => invokeWith(output.record, output.attempt));
        return;
      case 'ack':
        if (output.record.packetId !== undefined) connection.link()?.ack(output.record.packetId);
        return;
      case 'retry': {
        const { record, attempt, delayMs } = output;
        emit({ type: 'recordRetried', messageId: String(record.id), attempt, delayMs });
        return;
      }
      case 'publishFailure':
        failures.publish(output.record, output.failure);
        return;
      case 'finished':
        finished(output.fate, output);
        return;
      case 'pause':
        connection.link()?.pause();
        return;
      case 'resume':
        connection.link()?.resume();
        return;
      case 'stopped':
        drained.resolve();
    }
  }

  const connection = keepConnected(
    settings,
    tuning,
    {
      connected: (number, resumed) => report({ type: 'connected', connection: number, resumed }),
      message: received,
      lost: () => report({ type: 'lost' }),
    },
    context,
  );

  async function drain(deadlineMs: number): Promise<void> {
    const startedMs = clock.nowMs();
    const cancelDeadline = clock.after(deadlineMs, () => report({ type: 'abandon' }));
    // The broker keeps what comes for a session that lasts; of one that ends with the connection it need not send more.
    if (options.sessionExpiry === 0) connection.link()?.unsubscribe();
    const leftBefore = left;
    report({ type: 'stop' });
    await drained.promise;
    cancelDeadline();
    cancelTick();
    await connection.close();
    drops.close();
    const afterMs = Math.round(clock.nowMs() - startedMs);
    const stopped = { ...fields, afterMs, unacknowledged: left - leftBefore };
    if (unfinished === 0) logger.info('event source stopped', stopped);
    else logger.warn('event source stopped, with messages begun that do not come again', { ...stopped, unfinished });
  }

  const waited = Promise.withResolvers<void>();
  const cancelWait = clock.after(START_WAIT_MS, waited.resolve);
  await Promise.race([connection.tried, waited.promise]);
  cancelWait();

  return {
    stop({ deadlineMs = DRAIN_DEADLINE_DEFAULT_MS } = {}) {
      stopPromise ??= drain(deadlineMs);
      return stopPromise;
    },
    health() {
      const { inFlight, waiting } = machine.counts();
      const lastFailure = outage.current();
      const oldest = machine.oldestUnacknowledged();
      return {
        status: healthStatus(),
        invocationsInFlight: inFlight,
        recordsWaiting: waiting,
        ...(oldest === undefined ? {} : { oldestUnacknowledgedMs: Math.round(clock.nowMs() - oldest.receivedMs) }),
        ...(lastFailure === undefined ? {} : { lastFailure }),
      };
    },
  };

  function healthStatus() {
    if (machine.counts().phase === 'stopped') return 'stopped';
    if (stopPromise !== undefined) return 'draining';
    if (outage.current() !== undefined) return 'reconnecting';
    return connection.isReady() ? 'running' : 'starting';
  }
}
