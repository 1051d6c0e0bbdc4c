import { DEVICE_STATUS, HEART_RATE, type KindCode, RESPIRATORY_RATE, RHYTHM } from '../../shared/vitals/kinds.ts';
import type { RawReading } from '../../shared/vitals/vitals-message.ts';
import type { WardPatient } from './patients.ts';

/** What an ECG's electrodes measure. */
const BY_ELECTRODES: ReadonlySet<string> = new Set<KindCode>([HEART_RATE, RESPIRATORY_RATE, RHYTHM]);

/** A bed as `icu-1/bed-03`. */
const bedName = ({ ward, bed }: Pick<WardPatient, 'ward' | 'bed'>): string => `${ward}/${bed}`;

/** Electrodes that come off, and are put on again, while the ward plays. */
export interface Leads {
  /** What a monitor sends of these readings: it says at once that they have come off, and that they are on again. */
  seenThrough(patient: WardPatient, readings: readonly RawReading[], time: string): readonly RawReading[];
}

/** @param isOff whether a bed's (`ward/bed`) are off now */
export function createLeads(isOff: (bed: string) => boolean): Leads {
  const off = new Set<string>();
  return {
    seenThrough(patient, readings, time) {
      const bed = bedName(patient);
      const [was, is] = [off.has(bed), isOff(bed)];
      if (is) off.add(bed);
      else off.delete(bed);
      if (!is && !was) return readings;
      const others = readings.filter(({ code }) => code !== DEVICE_STATUS && !(is && BY_ELECTRODES.has(code)));
      const isDue = readings.some(({ code }) => code === DEVICE_STATUS);
      return is === was && !isDue ? others : [...others, { code: DEVICE_STATUS, value: is ? 'leads-off' : 'ok', time }];
    },
  };
}
