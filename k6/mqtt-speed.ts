// How fast stock k6 publishes over MQTT: 50 monitors, together 2,000 QoS 1 messages a second for 20 s, each acknowledged by the
// broker; nobody subscribes. The run fails if a message was not sent in time (the load was then not the one claimed) or not acknowledged.
//
//   npm run k6 -- mqtt-speed -e RATE=3000
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import {
  beginRun,
  episodes,
  loadThresholds,
  monitorScenarios,
  numberFrom,
  ownLoad,
  phaseOfVu,
  type Run,
  secondsFrom,
  spanOf,
} from './lib/load.ts';
import { Messages } from './lib/messages.ts';
import { runMonitor } from './lib/monitor.ts';
import { connectionOf } from './lib/mqtt-settings.ts';
import { STATISTICS, summaryWith } from './lib/summary.ts';

const MONITORS = numberFrom('VUS', 50);
const phases = ownLoad(secondsFrom('DURATION', '20s'), [numberFrom('RATE', 2_000)]);
const planned = phases.reduce((sum, { count }) => sum + count, 0);

export const options: Options = {
  scenarios: monitorScenarios(phases, MONITORS),
  thresholds: {
    ...loadThresholds(phases),
    producer_acked_msgs: [`count==${planned}`],
    producer_failed_msgs: ['count==0'],
  },
  summaryTrendStats: STATISTICS,
};

export const handleSummary = summaryWith(phases);

export const setup = (): Run => beginRun(phases);

let messages: Messages | undefined;

export default async function (run: Run): Promise<void> {
  const phase = phaseOfVu(phases);
  const index = exec.scenario.iterationInTest;
  messages ??= new Messages(run, episodes);
  await runMonitor({
    phase,
    ...spanOf(phase, run),
    index,
    monitors: MONITORS,
    messages,
    connection: connectionOf(`k6-${run.runId}-${phase.name}-${index}`),
    topicOf: () => `k6/speed/${index}`,
    publishOptions: () => ({ qos: 1, tags: { qos: '1' } }),
  });
}
