// Healthcare stage 2 by hand: alerts by HTTP, payloads that are refused, messages that nobody wants, connections that are cut.
import { eventually } from '../../../localstack/testing/eventually.ts';
import { anAlert } from '../../../shared/testing/alerts.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const DEADLINE_MS = 60_000;
const GUEST = `Basic ${Buffer.from('guest:guest').toString('base64')}`;
const BED = 'bed-1';

/** One alert published and received, one list read, one payload refused, one message that matches no subscription. */
export async function driveAtMostOnce(scraped: ScrapedStack): Promise<void> {
  const { http } = scraped.endpoints;
  const alert = anAlert();
  const answer = await fetch(`${http}/at-most-once/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...alert, bed: BED }),
  });
  if (answer.status !== 202) throw new Error(`publish-alert answers ${answer.status}: ${await answer.text()}`);
  await publish(scraped, `hl/${alert.ward}/${BED}/${alert.patientId}/alert`, 'no JSON');
  await publish(scraped, 'nobody/listens', '{}');
  await (await fetch(`${http}/at-most-once/notifications?limit=5`)).arrayBuffer();
  await counted(scraped, 'the alert to be notified', /^staff_notified_total\{stage="at-most-once".*\} [1-9]/m);
  await counted(scraped, 'the bad payload to be refused', /^messages_refused_total\{.*\} [1-9]/m);
}

/** The trigger loses its connection, comes back, and is handed a retained alert, which is of before: it drops it. */
export async function cutTheTrigger(scraped: ScrapedStack): Promise<void> {
  await publish(scraped, `hl/icu-1/${BED}/patient-1/alert`, JSON.stringify(anAlert()), '&retain=true');
  await cutMqtt(scraped);
  await counted(
    scraped,
    'the trigger to be connected again',
    /^trigger_records_dropped_total\{function="receive-alert".*reason="retained".*\} [1-9]/m,
  );
}

/** Resolves once messages of a load come in. */
export async function receiving(scraped: ScrapedStack): Promise<void> {
  const received = async () =>
    Number(/^consumer_received_msgs\{.*\} (\d+)/m.exec(await scraped.stack.bridge.render())?.[1] ?? 0);
  const before = await received();
  await eventually('messages of the load', async () => (await received()) > before, DEADLINE_MS);
}

/** Cuts every MQTT connection at the broker, until `times` rounds found one. */
export async function cutMqtt({ endpoints }: ScrapedStack, times = 1): Promise<void> {
  const connections = `${endpoints.rabbitmq?.management}/api/connections`;
  for (let round = 0; round < times; round += 1) {
    const names = await eventually(
      'MQTT connections in the management API',
      async () => {
        const answer = await fetch(connections, { headers: { authorization: GUEST } });
        const open = (await answer.json()) as { name: string; protocol?: string }[];
        const found = open.filter(({ protocol }) => protocol?.includes('MQTT')).map(({ name }) => name);
        return found.length > 0 && found;
      },
      DEADLINE_MS,
    );
    const headers = { authorization: GUEST, 'x-reason': 'a test of panels' };
    for (const name of names) await fetch(`${connections}/${encodeURIComponent(name)}`, { method: 'DELETE', headers });
  }
}

async function publish({ endpoints }: ScrapedStack, topic: string, body: string, more = ''): Promise<void> {
  const answer = await fetch(`${endpoints.iot}/topics/${encodeURIComponent(topic)}?qos=0${more}`, {
    method: 'POST',
    body,
  });
  if (!answer.ok) throw new Error(`the IoT data plane answers ${answer.status}: ${await answer.text()}`);
}

async function counted({ stack }: ScrapedStack, what: string, line: RegExp): Promise<void> {
  await eventually(what, async () => line.test(await stack.bridge.render()), DEADLINE_MS);
}
