// Medical events by hand: accepted, again, in conflict, failing, given up on, read, followed by a feed; and a record that comes twice.

import { randomUUID } from 'node:crypto';
import { eventually } from '../../../localstack/testing/eventually.ts';
import { openWebsocket } from '../../../localstack/testing/websocket.ts';
import { silentLogger } from '../../../localstack/triggers/silent-logger.ts';
import { encodeMessage } from '../../../localstack/triggers/stream-client/encode-message.ts';
import { createStreamPublisher } from '../../../localstack/triggers/stream-publisher/stream-publisher.ts';
import { fetchAllowed } from '../../../shared/testing/fetch-as.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const DEADLINE_MS = 60_000;
const CONFIRM_TIMEOUT_MS = 10_000;

export async function driveMedicalEvents({ endpoints, stack }: ScrapedStack): Promise<void> {
  const patientId = `panel-${randomUUID().slice(0, 8)}`;
  const ts = new Date().toISOString();
  const eventOf = (data: object) => ({ patientId, type: 'panel', ts, data });
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    await (
      await fetchAllowed(`${endpoints.http}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    ).arrayBuffer();
  };
  const feed = await openWebsocket(endpoints.websocket);
  const eventId = `${patientId}-1`;
  await post('events', { ...eventOf({}), eventId });
  await post('events', { ...eventOf({}), eventId });
  await post('events', { ...eventOf({ other: true }), eventId });
  await post(
    'events/batch',
    ['transient', 'permanent'].map((simulate) => eventOf({ simulate })),
  );
  for (const path of [`events/${eventId}`, `patients/${patientId}/events`]) {
    await (await fetchAllowed(`${endpoints.http}/${path}`)).arrayBuffer();
  }
  const publisher = createStreamPublisher({
    url: endpoints.rabbitmq?.stream ?? '',
    stream: 'medical-events-p0',
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    logger: silentLogger,
  });
  const again = { ...eventOf({}), version: 1, eventId: `${patientId}-2`, acceptedAt: ts };
  const record = encodeMessage({ content: Buffer.from(JSON.stringify(again)), subject: patientId });
  await publisher.publish([record, record]);
  await publisher.close({ deadlineMs: CONFIRM_TIMEOUT_MS });
  const counted = (what: string, line: RegExp) =>
    eventually(what, async () => line.test(await stack.bridge.render()), DEADLINE_MS);
  await counted('the repetition', /^events_skipped_total\{reason="repeated"\} [1-9]/m);
  await counted('the failed attempt', /^events_attempted_total\{outcome="failed"\} [1-9]/m);
  await counted('the change sent to the feed', /^event_changes_pushed_total\{outcome="sent"\} [1-9]/m);
  feed.socket.close();
  await counted('the dead letter', /^dead_letters_total\{queue="medical-events",.*\} [1-9]/m);
}
