// Healthcare stage 2 by hand: alerts by HTTP, payloads that are refused, messages that nobody wants, connections that are cut.

import { connectAsync } from 'mqtt';
import { eventually } from '../../../localstack/testing/eventually.ts';
import { anAlert } from '../../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../../shared/testing/fetch-as.ts';
import { queryAt } from '../prometheus-api.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const DEADLINE_MS = 60_000;
const BED = 'bed-1';
const LARGE_BYTES = 200_000; // the limit is 128 KiB

/** One alert published and received, one list read, one payload refused, one message that matches no subscription. */
export async function driveAtMostOnce(scraped: ScrapedStack): Promise<void> {
  const { http } = scraped.endpoints;
  await counted(scraped, 'the trigger to be connected', /^trigger_connected\{function="receive-alert".*\} 1$/m);
  const alert = anAlert();
  const answer = await fetchAllowed(`${http}/at-most-once/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...alert, bed: BED }),
  });
  if (answer.status !== 202) throw new Error(`publish-alert answers ${answer.status}: ${await answer.text()}`);
  await publish(scraped, `hl/${alert.ward}/${BED}/${alert.patientId}/alert`, 'no JSON');
  await publish(scraped, 'nobody/listens', '{}');
  await (await fetchAllowed(`${http}/at-most-once/notifications?limit=5`)).arrayBuffer();
  await counted(scraped, 'the alert to be notified', /^staff_notified_total\{stage="at-most-once".*\} [1-9]/m);
  await counted(scraped, 'the bad payload to be refused', /^messages_refused_total\{.*\} [1-9]/m);
}

/** Resolves once Prometheus has seen what publish-alert counts. */
export async function scrapedOnce({ prometheus }: ScrapedStack): Promise<void> {
  const series = 'producer_sent_msgs{stage="at-most-once"}';
  await eventually(
    'the first scrape',
    async () => (await queryAt(prometheus.url, series, Date.now() / 1000)).length > 0,
    DEADLINE_MS,
  );
}

/** The trigger drops a message that is too large, loses its connection, and comes back. */
export async function disturbTheTrigger(scraped: ScrapedStack): Promise<void> {
  const before = await reconnects(scraped);
  const client = await connectAsync(scraped.endpoints.rabbitmq?.mqtt ?? '');
  await client.publishAsync(`hl/icu-1/${BED}/patient-1/alert`, Buffer.alloc(LARGE_BYTES), { qos: 1 });
  await client.endAsync();
  await counted(
    scraped,
    'the large message to be dropped',
    /^trigger_records_dropped_total\{function="receive-alert".*\} [1-9]/m,
  );
  await cutMqtt(scraped);
  await eventually('the trigger to be connected again', async () => (await reconnects(scraped)) > before, DEADLINE_MS);
}

async function reconnects({ stack }: ScrapedStack): Promise<number> {
  return Number(/^trigger_reconnects_total (\d+)/m.exec(await stack.bridge.render())?.[1] ?? 0);
}

/** What receive-alert has counted so far. */
export async function receivedCount({ stack }: ScrapedStack): Promise<number> {
  return Number(/^consumer_received_msgs\{stage="at-most-once"\} (\d+)/m.exec(await stack.bridge.render())?.[1] ?? 0);
}

/** Resolves once messages of a load come in. */
export async function receiving(scraped: ScrapedStack): Promise<void> {
  const before = await receivedCount(scraped);
  await eventually('messages of the load', async () => (await receivedCount(scraped)) > before, DEADLINE_MS);
}

/** Cuts every MQTT connection at the broker: the trigger's and the data plane's, and those of k6, once it has as many as said. */
export async function cutMqtt({ endpoints }: ScrapedStack, monitors = 0): Promise<void> {
  const connections = `${endpoints.rabbitmq?.management}/api/connections`;
  const { username, password } = new URL(endpoints.rabbitmq?.amqp ?? '');
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const headers = { authorization, 'x-reason': 'a test of panels' };
  const open = await eventually(
    `the trigger and ${monitors} monitors in the management API`,
    async () => {
      const all = (await (await fetch(connections, { headers })).json()) as { name: string; protocol?: string }[];
      const over = (protocol: RegExp) => all.filter((one) => protocol.test(one.protocol ?? ''));
      return over(/^MQTT/).length > 0 && over(/^Web MQTT/).length >= monitors && over(/MQTT/);
    },
    DEADLINE_MS,
  );
  for (const { name } of open) await fetch(`${connections}/${encodeURIComponent(name)}`, { method: 'DELETE', headers });
}

export async function publish({ endpoints }: ScrapedStack, topic: string, body: string, qos = 0): Promise<void> {
  const answer = await fetch(`${endpoints.iot}/topics/${encodeURIComponent(topic)}?qos=${qos}`, {
    method: 'POST',
    body,
  });
  if (!answer.ok) throw new Error(`the IoT data plane answers ${answer.status}: ${await answer.text()}`);
}

/** Resolves once a line of the metrics matches. */
export async function counted({ stack }: ScrapedStack, what: string, line: RegExp): Promise<void> {
  await eventually(what, async () => line.test(await stack.bridge.render()), DEADLINE_MS);
}
