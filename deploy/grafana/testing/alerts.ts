// Stage alerts by hand: an alert that is answered, refused and looked at again, and one that comes again. As Lambda invokes: whoever asks is in the event.
import { readFileSync } from 'node:fs';
import { eventually } from '../../../localstack/testing/eventually.ts';
import { silentLogger } from '../../../localstack/triggers/silent-logger.ts';
import { encodeMessage } from '../../../localstack/triggers/stream-client/encode-message.ts';
import { createStreamPublisher } from '../../../localstack/triggers/stream-publisher/stream-publisher.ts';
import { counted } from './mqtt-faults.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const EVENTS = new URL('../../../functions/alerts/events/', import.meta.url);
const CONFIRM_TIMEOUT_MS = 10_000;
const OWNED = { 'if-match': '"1"', 'idempotency-key': 'panel' };

interface Sample {
  [name: string]: unknown;
  headers?: Record<string, string>;
}

/** In this order: nobody is on duty at first, so that is an alert of its own. */
const ASKED = [
  ...['publish-alerts', 'publish-alerts', 'escalate-alert', 'accept-alert', 'acknowledge-alert'],
  ...['list-alerts', 'get-alert-story'],
];

export async function driveAlerts(scraped: ScrapedStack): Promise<void> {
  const { database, endpoints } = scraped;
  const invoke = async (name: string, change: (event: Sample) => Sample = (event) => event) => {
    const event = change(JSON.parse(readFileSync(new URL(`${name}.json`, EVENTS), 'utf8')));
    const url = `${endpoints.lambda}/2015-03-31/functions/heartline-local-${name}/invocations`;
    await (await fetch(url, { method: 'POST', body: JSON.stringify(event) })).arrayBuffer();
  };
  // Begun anew each time: an answer is counted once an alert.
  await database.pool.query('TRUNCATE alert_desk.alerts CASCADE');
  for (const name of ASKED) await invoke(name);
  const { rows } = await database.pool.query<{ version: number }>(
    `SELECT version FROM alert_desk.alerts WHERE rule = 'threshold' AND patient_id = 'patient-0421'`,
  );
  const headers = { ...OWNED, 'if-match': `"${rows[0]?.version ?? 1}"` };
  await invoke('accept-alert', (event) => ({ ...event, headers: { ...event.headers, ...headers } }));
  // An hour ago: what is due then is late.
  await database.pool.query(`
    UPDATE alert_desk.alerts SET state = jsonb_set(state, '{acknowledgedUntilMs}', '1') WHERE phase = 'active';
    SELECT pgmq.send('alert_timers', jsonb_build_object('alertId', alert_id, 'dueAtMs', 1)) FROM alert_desk.alerts`);
  await showOnStation(scraped, invoke);
  await refuseOne(scraped);
  await publishPoison(endpoints.rabbitmq?.stream ?? '');
  await counted(scraped, 'the dead letter', /^dead_letters_total\{queue="alerts",.*\} [1-9]/m);
  await counted(scraped, 'an answer', /^desk_response_ms_count\{priority="high",?.*\} [1-9]/m);
  await counted(scraped, 'a delivery', /^notification_delivery_ms_count\{channel="station",?.*\} [1-9]/m);
  await counted(
    scraped,
    'a refusal',
    /^notification_deliveries_total\{channel="removed",outcome="refused",?.*\} [1-9]/m,
  );
  await counted(scraped, 'a heartbeat', /^pulse_age_ms_count.* [1-9]/m);
  await counted(scraped, 'a timer', /^desk_timer_lateness_ms_count.* [1-9]/m);
}

/** A station shows the ward, once there is something that it was told. */
async function showOnStation(
  { database }: ScrapedStack,
  invoke: (name: string, change: (event: Sample) => Sample) => Promise<void>,
) {
  const [ward] = await eventually('a delivery to the station', async () => {
    const { rows } = await database.pool.query<{ ward: string; revision: string }>(
      `SELECT ward, revision FROM alert_desk.wards WHERE ward IN
         (SELECT ward FROM alert_desk.deliveries WHERE channel = 'station' AND state IN ('pending', 'sent'))`,
    );
    return rows.length > 0 && rows;
  });
  const receipt = { stationId: 'panel', revision: Number(ward?.revision), topic: `station/${ward?.ward}/receipts` };
  await invoke('take-receipt', () => receipt);
}

/** A delivery on a channel that the settings do not name any more. */
async function refuseOne({ database }: ScrapedStack): Promise<void> {
  await database.pool.query(`
    WITH left_over AS (
      INSERT INTO alert_desk.deliveries (delivery_id, notification_id, alert_id, version, kind, channel, ward)
      SELECT gen_random_uuid(), notification_id, alert_id, version, 'retract', 'removed', ward
      FROM alert_desk.notifications LIMIT 1
      RETURNING delivery_id
    )
    SELECT pgmq.send('alert_deliveries', jsonb_build_object('deliveryId', delivery_id)) FROM left_over`);
}

async function publishPoison(url: string): Promise<void> {
  const publisher = createStreamPublisher({
    url,
    stream: 'alerts-w0',
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    logger: silentLogger,
  });
  await publisher.publish([encodeMessage({ content: Buffer.from('no JSON'), subject: 'panel' })]);
  await publisher.close({ deadlineMs: CONFIRM_TIMEOUT_MS });
}
