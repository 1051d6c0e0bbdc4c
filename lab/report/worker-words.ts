import type { CaseWorkersResult } from '../lab-result.ts';
import { countOf, formatNumber } from './figures.ts';
import { PHASE_WORDS } from './phase-words.ts';

/** `4 workers` */
export const scaledInWords = (replicas: number): string => countOf(replicas, 'worker');

/** `worker 2 killed`, `workers 1, 3 killed` */
export const killedInWords = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? 'worker' : 'workers'} ${numbers.join(', ')} killed`;

/** `4 workers of fulfil-orders; 8 workers 8 s into the phase 'after'; 1 by kill -9 in the phase 'under fault' after 2, 5 s` */
export function workersInWords({ function: name, replicas, scale, kill }: CaseWorkersResult): string {
  const scaled = scale.map(
    (one) =>
      `; ${scaledInWords(one.replicas)} ${formatNumber(one.afterSeconds)} s into the phase '${PHASE_WORDS[one.phase]}'`,
  );
  return `${scaledInWords(replicas)} of ${name}${scaled.join('')}${killsInWords(kill)}`;
}

/** By phase and number, in the order in which they are first named. */
function killsInWords(kills: CaseWorkersResult['kill']): string {
  const moments = new Map<string, number[]>();
  for (const { phase, afterSeconds, replicas } of kills) {
    const group = `; ${replicas} by kill -9 in the phase '${PHASE_WORDS[phase]}' after `;
    moments.set(group, [...(moments.get(group) ?? []), afterSeconds]);
  }
  return [...moments].map(([group, seconds]) => `${group}${seconds.map(formatNumber).join(', ')} s`).join('');
}
