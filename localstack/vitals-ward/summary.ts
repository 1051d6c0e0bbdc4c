import type { VitalsCounters } from './vitals-counters.ts';

const MS_PER_S = 1_000;

/** A run's figures, for its end. */
export function summaryOf(counters: VitalsCounters, elapsedMs: number, cpuMs: number): string {
  const { beds, wards, sent, sentAgain, acknowledged, readings, lateTicks, dropped, unacknowledged } = counters;
  const perSecond = Math.round((readings * MS_PER_S) / elapsedMs);
  return [
    `beds            ${beds} in ${wards} ${wards === 1 ? 'ward' : 'wards'}, for ${(elapsedMs / MS_PER_S).toFixed(1)} s`,
    `messages        ${sent} sent, ${acknowledged} acknowledged, ${sentAgain} sent again`,
    `readings        ${readings}, ${perSecond} a second`,
    `late turns      ${lateTicks}`,
    `dropped         ${dropped}`,
    `unacknowledged  ${unacknowledged}`,
    `processor       ${Math.round((100 * cpuMs) / elapsedMs)} % of a core`,
    '',
  ].join('\n');
}

/** Why the run's load is not the one that was asked for. */
export function faultsOf({ lateTicks, dropped, unacknowledged }: VitalsCounters): string[] {
  const faults: string[] = [];
  if (lateTicks > 0) faults.push(`${lateTicks} turns came more than a second late`);
  if (dropped > 0) faults.push(`${dropped} messages were overwritten while the broker was away`);
  if (unacknowledged > 0) faults.push(`${unacknowledged} messages were not acknowledged`);
  return faults;
}
