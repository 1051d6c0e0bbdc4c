// Load for healthcare stage 2: 50 heart monitors publish alerts over MQTT, QoS 0, together at a constant rate, 30 then 60 a
// second. The run fails if a planned message was not sent in time, a limit below is passed, or at the end staff were not told of
// each alert once. That is more than the stage promises, and holds only while nothing disturbs the way.
//
//   npm run k6 -- at-most-once            or, with the bundle made: k6 run k6/at-most-once.ts
import { sleep } from 'k6';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { traceparentOf } from './lib/identity.ts';
import {
  beginRun,
  episodes,
  isTimed,
  labPhases,
  loadThresholds,
  monitorScenarios,
  numberFrom,
  ownLoad,
  type Run,
  secondsFrom,
} from './lib/load.ts';
import { Messages } from './lib/messages.ts';
import { monitorIteration } from './lib/monitor-iteration.ts';
import { connectionOf, qos } from './lib/mqtt-settings.ts';
import { notificationsOf } from './lib/notifications.ts';
import { requireReady } from './lib/require-ready.ts';
import { STATISTICS, summaryWith } from './lib/summary.ts';
import { connect } from './mqtt/client.ts';

const MONITORS = numberFrom('VUS', 50);
const SETTLE_SECONDS = 10;
/** A send on loopback takes tenths of a millisecond. */
const SEND_LIMIT_P95_MS = 5;

const phases =
  labPhases ?? ownLoad(secondsFrom('DURATION', '30s'), [numberFrom('RATE_LOW', 30), numberFrom('RATE_HIGH', 60)]);
const planned = phases.reduce((sum, { count }) => sum + count, 0);

/** Of a run by itself. */
const ownThresholds: Record<string, string[]> = {
  producer_failed_msgs: ['count==0'],
  ...(qos === 1 ? { producer_acked_msgs: [`count==${planned}`] } : {}),
  ...(qos === 0 && isTimed ? { producer_latency_ms: [`p(95)<${SEND_LIMIT_P95_MS}`] } : {}),
};

export const options: Options = {
  scenarios: monitorScenarios(phases, MONITORS),
  thresholds: { ...loadThresholds(phases), ...(labPhases ? {} : ownThresholds) },
  summaryTrendStats: STATISTICS,
};

export const handleSummary = summaryWith(phases);

export async function setup(): Promise<Run> {
  if (!labPhases && __ENV['CHECK'] !== 'none') requireReady('/at-most-once/notifications', '?limit=1');
  const connection = connectionOf('k6-setup');
  try {
    await (await connect(connection)).end();
  } catch (error) {
    exec.test.abort(`${connection.url}: ${error}: is 'npm start' running?`);
  }
  return beginRun(phases);
}

export default (run: Run): Promise<void> =>
  monitorIteration(run, phases, {
    monitors: MONITORS,
    topicOf: ({ topic }) => topic,
    publishOptions: ({ identity: { eventId } }) => ({
      qos,
      tags: { qos: String(qos) },
      properties: { contentType: 'application/json', userProperties: { eventId, traceparent: traceparentOf(eventId) } },
    }),
  });

/** Sent by itself, with nothing in the way, every alert is notified, once. */
export function teardown(run: Run): void {
  if (labPhases || __ENV['CHECK'] === 'none') return;
  const sent = plannedIds(run);
  const deadline = Date.now() + SETTLE_SECONDS * 1000;
  for (;;) {
    const seen = notificationsOf('at-most-once', { id: run.runId, startedAt: run.startedAt });
    const missing = sent.filter((eventId) => !seen.has(eventId));
    const twice = [...seen.values()].filter((list) => list.length > 1);
    if (missing.length === 0 || Date.now() > deadline) {
      console.log(`${sent.length - missing.length} of ${sent.length} planned alerts were notified`);
      if (missing.length > 0) exec.test.fail(`${missing.length} alerts were lost, the first is ${missing[0]}`);
      if (twice.length > 0) exec.test.fail(`${twice.length} alerts were notified more than once`);
      return;
    }
    sleep(1);
  }
}

function plannedIds(run: Run): string[] {
  const all = new Messages(run, episodes);
  return phases.flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, number) => all.of(name, number).identity.eventId),
  );
}
