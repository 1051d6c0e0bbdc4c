import { KIND_CODES, KINDS } from '../kinds.ts';
import type { Finding, Rule } from './rule.ts';

const MS_PER_S = 1_000;
/** A monitor that says nothing at all for so long is off or cut off: the shortest limit of a kind. */
export const SILENT_AFTER_MS = 10_000;

/**
 * Nothing within the kind's limit: no reading, or readings that say that there is no value (a probe that is off). Of a monitor
 * that is silent altogether there is one alert, not one a kind; when it is back, each kind has its limit's time again. Onset is
 * when the limit was passed, in the device's time.
 */
export const noData: Rule<never> = {
  name: 'no-data',
  source: 'IEC 60601-1-8:2006, 3.36 (technical alarm condition), 6.11.2.2.1 (loss of communication is told)',
  category: 'technical',
  perKind: true,
  kinds: [],
  tick({ last, heardMs, heardAtMs, cameMs, backMs, backAtMs }, nowMs) {
    if (nowMs - heardMs >= SILENT_AFTER_MS) {
      const level = {
        priority: 'medium',
        onsetMs: heardAtMs + SILENT_AFTER_MS,
        detail: { reason: cameMs > heardMs ? 'nothing that can be used: is its clock right?' : 'silent' },
      } as const;
      return [{ condition: 'device', level }];
    }
    const findings: Finding[] = [DEVICE_HEARD];
    for (const { code, limitMs, heard } of LIMITS) {
      const found = last[code];
      if (found === undefined) continue;
      if (nowMs - Math.max(found.valueArrivedMs, backMs) < limitMs) findings.push(heard);
      else {
        const sinceMs = backMs > found.valueArrivedMs ? backAtMs : found.valueAtMs;
        const level = { priority: 'low', onsetMs: sinceMs + limitMs, detail: { limitS: limitMs / MS_PER_S } } as const;
        findings.push({ condition: heard.condition, level });
      }
    }
    return findings;
  },
};

/** What is found of who is heard, made once: it is found each second for every patient. */
const DEVICE_HEARD: Finding = { condition: 'device', level: null };
const LIMITS = KIND_CODES.flatMap((code) => {
  const kind = KINDS[code];
  if (!('noDataAfterS' in kind)) return [];
  const heard: Finding = { condition: kind.short, level: null };
  return [{ code, limitMs: kind.noDataAfterS * MS_PER_S, heard }];
});
