import { RECORDING_START_MS } from '../../localstack/vitals-ward/recording-readings.ts';
import type { Alarm } from './alarm.ts';
import type { Quality } from './quality.ts';
import type { Replayed } from './replay.ts';

const MS_PER_S = 1_000;

/** All that was found, as JSON (README.md): the table's figures, then each cause and its alert. Times: seconds of the recording. */
export function resultJson(quality: Quality, replayed: readonly Replayed[], command: string): string {
  const entries = replayed.flatMap(({ stay, causes: own }) =>
    own.map(({ cause, condition, onsetMs, lastMs, allowedMs, alarm, delayMs, verdict }) => ({
      ...whereOf(stay),
      rule: condition.split('/')[0],
      cause,
      condition,
      onsetS: secondOf(onsetMs),
      durationS: (lastMs - onsetMs) / MS_PER_S,
      allowedS: allowedMs / MS_PER_S,
      ...alertOf(alarm),
      delayS: delayMs === undefined ? null : delayMs / MS_PER_S,
      verdict,
    })),
  );
  const spuriousAlerts = replayed.flatMap(({ stay, spurious: own }) =>
    own.map(({ alarm, why }) => ({ ...whereOf(stay), condition: alarm.condition, ...alertOf(alarm), why })),
  );
  return `${JSON.stringify({ command, ...quality, spuriousAlerts, entries }, null, 2)}\n`;
}

const whereOf = ({ recording, dataset }: Replayed['stay']) => ({ recording, dataset });
const secondOf = (ms: number) => (ms - RECORDING_START_MS) / MS_PER_S;

const alertOf = (alarm: Alarm | undefined) => ({
  alertId: alarm?.alertId ?? null,
  alertOnsetS: alarm === undefined ? null : secondOf(alarm.onsetMs),
  alertAtS: alarm === undefined ? null : secondOf(alarm.toldMs),
});
