import type { FaultAction, Schedule } from './fault.ts';

const MS_PER_S = 1_000;
const S_PER_MINUTE = 60;
const PERCENT = 100;

/** `2:05.3`: minutes, seconds, tenths. */
function clock(ms: number): string {
  const tenths = Math.round(ms / (MS_PER_S / 10));
  const seconds = Math.floor(tenths / 10);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(seconds / S_PER_MINUTE)}:${two(seconds % S_PER_MINUTE)}.${tenths % 10}`;
}

const seconds = (ms: number) => `${(ms / MS_PER_S).toFixed(1)} s`;

/** In words that fit beside the times. */
export function faultWords(action: FaultAction): string {
  switch (action.kind) {
    case 'worker-kill':
      return 'kill -9 of a worker';
    case 'worker-freeze':
      return `a worker stands still for ${seconds(action.frozenMs)}`;
    case 'broker-kill':
      return `kill -9 of the broker, away for ${seconds(action.downMs)}`;
    case 'postgres-kill':
      return `kill -9 of Postgres, away for ${seconds(action.downMs)}`;
    case 'cut':
      return `${action.link} cut after ${action.afterBytes} bytes`;
    case 'latency':
      return `${action.latencyMs} ± ${action.jitterMs} ms on ${action.link}`;
    case 'duplicate':
      return `${action.rate * PERCENT} % of messages sent twice`;
    case 'reorder':
      return `${action.rate * PERCENT} % of messages moved back by up to ${action.packets}`;
    case 'handover':
      return 'a worker leaves with batches in flight';
    case 'rebalance-storm':
      return `${action.changes} workers come and go, every ${seconds(action.everyMs)}`;
  }
}

/** The schedule as lines of at most 80 columns: by it a failure is repeated. */
export function scheduleTable({ seed, totalMs, baselineMs, faults }: Schedule): string {
  const header = `seed ${seed}, ${clock(totalMs)}: ${faults.length} faults, ${clock(baselineMs)} of baseline before them`;
  const row = (cells: readonly [string, string, string, string, string]) => {
    const [number, at, lasts, calm, words] = cells;
    return `${number.padStart(3)}  ${at.padStart(7)}  ${lasts.padStart(7)}  ${calm.padStart(7)}  ${words}`.trimEnd();
  };
  return [
    header,
    row(['#', 'at', 'lasts', 'calm', 'fault']),
    ...faults.map(({ number, atMs, lastsMs, calmMs, action }) =>
      row([String(number), clock(atMs), seconds(lastsMs), seconds(calmMs), faultWords(action)]),
    ),
  ].join('\n');
}
