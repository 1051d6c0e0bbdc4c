// The one iteration of a VU in a phase: it is one of the monitors, over MQTT.
import exec from 'k6/execution';
import type { PublishOptions } from '../mqtt/options.ts';
import { episodes, phaseOfVu, type Run, spanOf } from './load.ts';
import { Messages, type PlannedMessage } from './messages.ts';
import { runMonitor } from './monitor.ts';
import { connectionOf } from './mqtt-settings.ts';
import type { PlannedPhase } from './phases.ts';

/** How a script's monitors publish. */
interface Publishing {
  readonly monitors: number;
  /** `index` is the monitor's, from 0. */
  readonly topicOf: (message: PlannedMessage, index: number) => string;
  readonly publishOptions: (message: PlannedMessage) => PublishOptions;
  /** See `MonitorDuty`. */
  readonly untilAcknowledged?: boolean;
}

/** A VU keeps them from one phase to the next. */
let messages: Messages | undefined;

/** Sends this VU's share of its phase's messages; see `runMonitor`. */
export async function monitorIteration(
  run: Run,
  phases: readonly PlannedPhase[],
  { monitors, topicOf, publishOptions, untilAcknowledged = false }: Publishing,
): Promise<void> {
  const phase = phaseOfVu(phases);
  const index = exec.scenario.iterationInTest;
  messages ??= new Messages(run, episodes);
  await runMonitor({
    phase,
    ...spanOf(phase, run),
    index,
    monitors,
    messages,
    connection: connectionOf(`k6-${run.runId}-${phase.name}-${index}`),
    topicOf: (message) => topicOf(message, index),
    publishOptions,
    untilAcknowledged,
  });
}
