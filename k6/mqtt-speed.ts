// How fast stock k6 publishes over MQTT: 50 monitors, together 2,000 QoS 1 messages a second for 20 s, each acknowledged by the
// broker; nobody subscribes. The run fails if a message was not sent in time (the load was then not the one claimed) or not acknowledged.
//
//   npm run k6 -- mqtt-speed -e RATE=3000
import type { Options } from 'k6/options';
import { beginRun, loadThresholds, monitorScenarios, numberFrom, ownLoad, type Run, secondsFrom } from './lib/load.ts';
import { monitorIteration } from './lib/monitor-iteration.ts';
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

export default (run: Run): Promise<void> =>
  monitorIteration(run, phases, {
    monitors: MONITORS,
    topicOf: (_message, index) => `k6/speed/${index}`,
    publishOptions: () => ({ qos: 1, tags: { qos: '1' } }),
  });
