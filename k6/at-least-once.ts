// Load for healthcare stage 3: 50 heart monitors publish alerts over MQTT, QoS 1, together 60 and up to 200 a second. Each monitor
// keeps an alert until the broker has acknowledged it, the next ones waiting behind it, and sends it again over a new connection
// until then. The run fails if a planned alert was not sent at its time or not acknowledged, a limit below is passed, or at the end
// staff were not told of each alert, once.
//
//   npm run k6 -- at-least-once
//   npm run k6 -- at-least-once -e RATE=2000          2,000 a second for 20 s
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
  ramp,
  secondsFrom,
} from './lib/load.ts';
import { Messages } from './lib/messages.ts';
import { monitorIteration } from './lib/monitor-iteration.ts';
import { connectionOf } from './lib/mqtt-settings.ts';
import { Told } from './lib/notifications.ts';
import { requireReady } from './lib/require-ready.ts';
import { STATISTICS, summaryWith } from './lib/summary.ts';
import { connect } from './mqtt/client.ts';

const STAGE = 'at-least-once';
const LIST = `/${STAGE}/notifications`;
const MONITORS = numberFrom('VUS', 50);
/** From the lowest to the highest, without RATE. */
const RATES = 5;
/** A PUBACK waits until the stream has the message. */
const ACK_LIMIT_P95_MS = 100;
/** So long nothing new may reach staff before what is missing counts as lost: a device's repeat and a worker's restart are shorter. */
const QUIET_SECONDS = 10;
/** 40,000 alerts, told of at some hundreds a second. */
const TEARDOWN_TIMEOUT = '10m';

const rate = numberFrom('RATE', 0);
const rates = rate > 0 ? [rate] : ramp(numberFrom('RATE_LOW', 60), numberFrom('RATE_HIGH', 200), RATES);
const phases = labPhases ?? ownLoad(secondsFrom('DURATION', rate > 0 ? '20s' : '10s'), rates);
const planned = phases.reduce((sum, { count }) => sum + count, 0);

/** Of a run by itself. */
const ownThresholds: Record<string, string[]> = {
  producer_acked_msgs: [`count==${planned}`],
  producer_failed_msgs: ['count==0'],
  ...(isTimed ? { producer_latency_ms: [`p(95)<${ACK_LIMIT_P95_MS}`] } : {}),
};

export const options: Options = {
  scenarios: monitorScenarios(phases, MONITORS),
  thresholds: { ...loadThresholds(phases), ...(labPhases ? {} : ownThresholds) },
  summaryTrendStats: STATISTICS,
  teardownTimeout: TEARDOWN_TIMEOUT,
};

export const handleSummary = summaryWith(phases);

export async function setup(): Promise<Run> {
  if (!labPhases && __ENV['CHECK'] !== 'none') requireReady(LIST, '?limit=1');
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
      qos: 1,
      tags: { qos: '1' },
      properties: { contentType: 'application/json', userProperties: { eventId, traceparent: traceparentOf(eventId) } },
    }),
    untilAcknowledged: true,
  });

/** Every alert is told to staff, once. Of one that was not acknowledged its monitor knows: the thresholds tell. */
export function teardown(run: Run): void {
  if (labPhases || __ENV['CHECK'] === 'none') return;
  const sent = plannedIds(run);
  const told = new Told(STAGE, { id: run.runId, startedAt: run.startedAt });
  let newsAt = Date.now();
  do {
    sleep(1);
    if (told.readOn() > 0) newsAt = Date.now();
  } while (told.seen.size < sent.length && Date.now() - newsAt < QUIET_SECONDS * 1000);
  // What comes twice comes after.
  sleep(1);
  told.readOn();
  const missing = sent.filter((eventId) => !told.seen.has(eventId));
  const twice = [...told.seen.values()].filter((list) => list.length > 1);
  console.log(
    `staff were told of ${sent.length - missing.length} of ${sent.length} alerts, of ${twice.length} more than once`,
  );
  if (missing.length > 0) exec.test.fail(`${missing.length} alerts never reached staff, the first is ${missing[0]}`);
  if (twice.length > 0) exec.test.fail(`staff were told of ${twice.length} alerts more than once`);
}

function plannedIds(run: Run): string[] {
  const all = new Messages(run, episodes);
  return phases.flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, number) => all.of(name, number).identity.eventId),
  );
}
