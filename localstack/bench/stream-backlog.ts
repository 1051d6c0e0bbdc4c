import { randomUUID } from 'node:crypto';
import { anAlert } from '../../shared/testing/alerts.ts';
import { connectStream } from '../triggers/stream-client/client.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';
import { declarePublisher } from '../triggers/stream-client/publisher.ts';
import type { TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';

const MS_PER_SECOND = 1_000;
/** Half of what a publisher holds unconfirmed: one part is encoded while the other is on its way. */
const PUBLISH_AT_ONCE = 5_000;
/** An episode's worth of beat intervals; with them an alert has about 350 bytes. */
const RR_MS = Array.from({ length: 20 }, (_, beat) => 360 + beat);
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

export const quiet = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };

/**
 * An alert as it comes from a device: about 350 bytes of JSON, the event's id and its trace beside it as in every stream here;
 * `subject` is the key that records keep their order by.
 */
export function alertRecord(key: string, eventId: string = randomUUID()): Buffer {
  const alert = anAlert({ eventId, patientId: key, evidence: { beats: RR_MS.length, rrMs: RR_MS } });
  return encodeMessage({
    content: Buffer.from(JSON.stringify(alert)),
    contentType: 'application/json',
    subject: key,
    applicationProperties: { eventId: alert.eventId, traceparent: TRACEPARENT },
  });
}

/** Hexadecimal digits of an event id that number it. */
const NUMBER_DIGITS = 12;

/**
 * Makes alerts that differ in their event's id alone, from one that is encoded once: some hundred thousand a second, where
 * encoding each would take longer than what is measured with them.
 */
export function alertRecords(eventId: string = randomUUID()): (index: number) => Buffer {
  const template = alertRecord('patient-1', eventId);
  const numberAt = eventId.length - NUMBER_DIGITS;
  const places = [template.indexOf(eventId) + numberAt, template.lastIndexOf(eventId) + numberAt];
  return (index) => {
    const record = Buffer.from(template);
    const number = index.toString(16).padStart(NUMBER_DIGITS, '0');
    for (const at of places) record.write(number, at, 'latin1');
    return record;
  };
}

/** Publishes so many records, each made when it is its turn, and waits until the broker has them. */
export async function fillStream(
  broker: TestStreamBroker,
  stream: string,
  count: number,
  make: (index: number) => Buffer,
): Promise<void> {
  const client = await broker.connect();
  const publisher = await declarePublisher({ client, stream });
  let before: Promise<void> = Promise.resolve();
  for (let from = 0; from < count; from += PUBLISH_AT_ONCE) {
    const length = Math.min(PUBLISH_AT_ONCE, count - from);
    const records = Array.from({ length }, (_, index) => make(from + index));
    const published = publisher.publish(records);
    await before;
    before = published;
  }
  await before;
  await publisher.close();
  await client.close();
}

/** Records a second of `work`, which handles so many. */
export async function rateOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (count * MS_PER_SECOND) / (performance.now() - startedMs);
}

/** The bare operation: a consumer that decodes each record and counts it, from the start of the stream on. */
export async function consumeRaw(url: string, stream: string, count: number): Promise<void> {
  const limits = { connectTimeoutMs: 20_000, requestTimeoutMs: 20_000, heartbeatS: 10 };
  const client = await connectStream({ url, ...limits, logger: quiet, onClosed: () => undefined });
  const done = Promise.withResolvers<void>();
  let left = count;
  const onRecord = () => {
    left -= 1;
    if (left === 0) done.resolve();
    return undefined;
  };
  const consumer = await consumePartition({
    client,
    stream,
    consumerName: 'raw',
    singleActive: false,
    offset: 'first',
    onRecord,
  });
  await done.promise;
  await consumer.close();
  await client.close();
}
