// Healthcare stage 3 by hand: alerts that come again, that contradict what is stored, that are no alerts, that staff are told of twice.

import { eventually } from '../../../localstack/testing/eventually.ts';
import { anAlert } from '../../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../../shared/testing/fetch-as.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const DEADLINE_MS = 60_000;
const ACCEPTED = 202;

/** One alert stored, one sent again, one in conflict (a dead letter), one notified again, one list read. */
export async function driveAtLeastOnce(scraped: ScrapedStack): Promise<void> {
  const { endpoints, database, stack } = scraped;
  const counted = (what: string, line: RegExp) =>
    eventually(what, async () => line.test(await stack.bridge.render()), DEADLINE_MS);
  const alert = anAlert();
  await post(endpoints.http, alert);
  await eventually(
    'the alert to be notified',
    async () =>
      (await database.pool.query('SELECT FROM at_least_once.notifications WHERE event_id = $1', [alert.eventId]))
        .rowCount,
    DEADLINE_MS,
  );
  await post(endpoints.http, alert);
  await post(endpoints.http, { ...alert, kind: 'AVB' });
  await database.pool.query(
    `SELECT pgmq.send('at_least_once_alerts', (to_jsonb(a) - 'evidence') || '{}') FROM (
       SELECT event_id AS "eventId", patient_id AS "patientId", device_id AS "deviceId", ward, kind, severity,
              detected_at AS "detectedAt", stored_at AS "storedAt" FROM at_least_once.alerts) a`,
  );
  await (await fetchAllowed(`${endpoints.http}/at-least-once/notifications?limit=5`)).arrayBuffer();
  await counted('the redelivery', /^alerts_redelivered_total\{stage="at-least-once"\} [1-9]/m);
  await counted('the conflict', /^alerts_conflicting_total\{stage="at-least-once"\} [1-9]/m);
  await counted('the dead letter', /^dead_letters_total\{queue="alerts.raw",.*\} [1-9]/m);
  await counted('the second notification', /^notifications_suppressed_total\{stage="at-least-once"\} [1-9]/m);
}

/** That retention overtakes a worker takes gigabytes: counted as the trigger would, which has its own test for it. */
export function countLostRecords({ stack: { bridge } }: ScrapedStack): void {
  bridge.recordMetric('trigger_records_lost_total', 1, { function: 'store-alerts', stream: 'alerts.raw-w0' });
}

async function post(http: string, alert: object): Promise<void> {
  const answer = await fetchAllowed(`${http}/at-least-once/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alert),
  });
  if (answer.status !== ACCEPTED) throw new Error(`stream-alert answers ${answer.status}: ${await answer.text()}`);
}
