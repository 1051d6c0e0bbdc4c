import type { Fault, Schedule } from '../schedule/fault.ts';
import { faultWords } from '../schedule/schedule-table.ts';
import type { FaultOutcome } from './run-faults.ts';

const COLUMNS = 80;
const WORDS_COLUMNS = 44;
const DIGITS = 2;

/** What a run came to, as lines of at most 80 columns. */
export function resultTable(schedule: Schedule, { ok, verdict, baseline, recoveries }: FaultOutcome): string {
  const { counts, violations } = verdict;
  const wordsOf = new Map(schedule.faults.map((fault: Fault) => [fault.number, faultWords(fault.action)]));
  const again = counts.attempts - counts.sent;
  const lines = [
    `sent ${counts.sent} messages (${again} sendings more), acknowledged ${counts.acked}, unknown ${counts.unknown}`,
    `applied ${counts.applied} by ${counts.effects} effects, ${counts.unknownApplied} of them unacknowledged`,
    `poison ${counts.poison}, in the dead letters ${counts.deadLettered} (${counts.deadLetters} letters)`,
    `baseline ${baseline} effects a second`,
    '',
    `${'fault'.padEnd(WORDS_COLUMNS + 4)}back to 0.95 after   then`,
    ...recoveries.map(({ number, outcome, ratio }) => {
      const words = (wordsOf.get(number) ?? '').slice(0, WORDS_COLUMNS).padEnd(WORDS_COLUMNS);
      const time = typeof outcome === 'object' ? `${outcome.seconds.toFixed(1)} s` : outcome;
      return `${String(number).padStart(2)}  ${words}${time.padStart(18)}  ${ratio.toFixed(DIGITS)} ×`;
    }),
    '',
    ...violations.flatMap(({ breach, text }) => wrapped(`✗ ${breach}: ${text}`)),
    ok ? '✓ The promise was kept, and throughput came back after each fault.' : failure(violations.length),
  ];
  return lines.join('\n');
}

function failure(violations: number): string {
  if (violations === 0) return '✗ The promise was kept, but throughput did not come back.';
  return `✗ The promise was broken in ${violations} ${violations === 1 ? 'way' : 'ways'}.`;
}

/** Breaks at spaces; what has none stays long. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `    ${word}`);
  }
  return lines;
}
