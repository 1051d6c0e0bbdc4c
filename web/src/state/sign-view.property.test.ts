import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEVICE_STATUS,
  HEART_RATE,
  KINDS,
  NUMERIC_CODES,
  RESPIRATORY_RATE,
  SPO2,
} from '../../../shared/vitals/kinds.ts';
import { DEFAULT_THRESHOLDS } from '../../../shared/vitals/thresholds.ts';
import { VALIDITIES } from '../../../shared/vitals/vitals-message.ts';
import { vitalsOf } from '../../testing/test-ward.ts';
import { type BedState, heard, listed } from './bed-state.ts';
import { NO_VALUE, signView } from './sign-view.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const S_MS = 1_000;

const bedWith = (signs: BedState['signs']): BedState => ({
  bed: 'b01',
  patientId: 'p-1',
  deviceId: 'm-1',
  signs,
  trails: {},
  limits: DEFAULT_THRESHOLDS.limits,
});

const cases = fc.record({
  code: fc.constantFrom(...NUMERIC_CODES),
  value: fc.option(fc.integer({ min: 20, max: 300 })),
  validity: fc.constantFrom(...VALIDITIES),
  ageS: fc.integer({ min: 0, max: 20_000 }),
});

/** A number is shown only where it is new enough and can be trusted; where there is none, it is said why. */
function honestyLaw(view: typeof signView): void {
  fc.assert(
    fc.property(cases, ({ code, value, validity, ageS }) => {
      const shown = view(bedWith({ [code]: { value, validity, atMs: NOW - ageS * S_MS } }), code, NOW);
      const isUsable = value !== null && (validity === 'valid' || validity === 'questionable');
      const isFresh = ageS <= KINDS[code].noDataAfterS;
      expect(shown.text !== NO_VALUE).toBe(isUsable && isFresh);
      if (shown.text === NO_VALUE) expect(shown.reason).toBeTruthy();
      if (shown.text === NO_VALUE) expect(shown.beyond).toBeUndefined();
      if (validity === 'questionable' && shown.text !== NO_VALUE) expect(shown.reason).toBe('doubtful signal');
      expect(shown.ageS).toBe(ageS);
    }),
  );
}

test('no stale and no invalid value is shown as a number', () => honestyLaw(signView));

describe('who breaks it is found out', () => {
  const hours = 3_600 * S_MS;
  test('stale values stay', () => {
    expect(() =>
      honestyLaw((bed, code, now) => {
        const sign = bed.signs[code];
        const kept = sign && { ...sign, atMs: Math.max(sign.atMs, now - 5 * S_MS) };
        return { ...signView({ ...bed, signs: { [code]: kept } }, code, now), ageS: signView(bed, code, now).ageS };
      }),
    ).toThrow();
  });
  test('what is invalid is shown', () => {
    expect(() =>
      honestyLaw((bed, code, now) => {
        const sign = bed.signs[code];
        const trusted = sign && { ...sign, validity: 'valid' as const };
        return signView({ ...bed, signs: { [code]: trusted } }, code, now);
      }),
    ).toThrow();
  });
  test('everything is stale', () => {
    expect(() => honestyLaw((bed, code, now) => signView(bed, code, now + 5 * hours))).toThrow();
  });
});

test('the monitor’s own status says why', () => {
  const off = (value: string) => ({ [DEVICE_STATUS]: { value, validity: 'valid' as const, atMs: NOW } });
  expect(signView(bedWith(off('leads-off')), HEART_RATE, NOW).reason).toBe('leads off');
  expect(signView(bedWith(off('leads-off')), RESPIRATORY_RATE, NOW).reason).toBe('leads off');
  expect(signView(bedWith(off('leads-off')), SPO2, NOW).reason).toBe('no data yet');
  expect(signView(bedWith(off('sensor-off')), SPO2, NOW).reason).toBe('sensor off');
});

test('beyond its limit, on which side; asleep by the limits of sleep', () => {
  const sign = { value: 47, validity: 'valid' as const, atMs: NOW };
  expect(signView(bedWith({ [HEART_RATE]: sign }), HEART_RATE, NOW)).toMatchObject({
    beyond: 'low',
    low: 50,
    high: 120,
  });
  const asleep = { value: 'asleep', validity: 'valid' as const, atMs: NOW };
  const bed = bedWith({ [HEART_RATE]: sign, 'sleep-status': asleep });
  expect(signView(bed, HEART_RATE, NOW)).toMatchObject({ beyond: undefined, low: 45 });
});

test('another patient in the bed has nothing of the one before', () => {
  const first = heard(undefined, vitalsOf('icu-1', 0), Date.now());
  const limited = listed(first, { ...first, readings: [], thresholds: DEFAULT_THRESHOLDS });
  const next = heard(limited, vitalsOf('icu-1', 0, { codes: [HEART_RATE], patientId: 'another' }), Date.now());
  expect(next.patientId).toBe('another');
  expect(Object.keys(next.signs)).toEqual([HEART_RATE]);
  expect(next.trails[HEART_RATE]?.values.length).toBe(1);
  expect(next.limits).toBeUndefined();
});

test('what is listed does not hide what was heard later', () => {
  const bed = heard(undefined, vitalsOf('icu-1', 0), Date.now());
  const old = {
    code: HEART_RATE,
    value: 1,
    at: new Date(Date.now() - 60_000).toISOString(),
    validity: 'valid' as const,
  };
  expect(listed(bed, { ...bed, readings: [old] }).signs[HEART_RATE]).toEqual(bed.signs[HEART_RATE]);
});
