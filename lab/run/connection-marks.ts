import type { Mark } from '../lab-result.ts';
import type { ScrapedTarget } from '../measure/scrapes.ts';

const CONNECTED = 'trigger_connected';
const MS_PER_S = 1_000;

/** Where a trigger lost its source and where it had it again, with how long it was without, to the beat of the samples. */
export function connectionMarks(targets: readonly ScrapedTarget[], startMs: number): Mark[] {
  return targets.flatMap(({ series, scrapes }) =>
    series.flatMap(({ name, labels }, place) => {
      if (name !== CONNECTED) return [];
      const who = labels['function'] ?? labels['source'] ?? 'a trigger';
      const marks: Mark[] = [];
      let lostAtS: number | undefined;
      for (const { toMs, values } of scrapes) {
        const value = values?.[place];
        const atS = (toMs - startMs) / MS_PER_S;
        if (value === 0 && lostAtS === undefined) {
          lostAtS = atS;
          marks.push({ atS, label: `${who} lost its broker` });
        } else if (value === 1 && lostAtS !== undefined) {
          marks.push({ atS, label: `${who} is back after ${Math.round(atS - lostAtS)} s` });
          lostAtS = undefined;
        }
      }
      return marks;
    }),
  );
}
