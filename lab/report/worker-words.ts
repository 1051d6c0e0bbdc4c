import type { CaseWorkersResult } from '../lab-result.ts';
import { countOf, formatNumber } from './figures.ts';
import { PHASE_WORDS } from './phase-words.ts';

/** `4 workers` */
export const scaledInWords = (replicas: number): string => countOf(replicas, 'worker');

/** `1 worker of store-alerts; 4 workers 8 s into the phase 'after'` */
export function workersInWords({ function: name, replicas, scale }: CaseWorkersResult): string {
  const changes = scale.map(
    (one) =>
      `; ${scaledInWords(one.replicas)} ${formatNumber(one.afterSeconds)} s into the phase '${PHASE_WORDS[one.phase]}'`,
  );
  return `${scaledInWords(replicas)} of ${name}${changes.join('')}`;
}
