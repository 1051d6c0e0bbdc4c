import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEVICE_STATUS, HEART_RATE, RESPIRATORY_RATE, RHYTHM, SPO2 } from '../../shared/vitals/kinds.ts';
import { eventually } from '../testing/eventually.ts';
import { createLeads } from './leads.ts';
import { followLeads, readLeads, writeLeads } from './leads-file.ts';
import type { WardPatient } from './patients.ts';

const TIME = '2026-01-31T12:00:00.000Z';
const DEADLINE_MS = 5_000;
const inBed = (bed: string) => ({ ward: 'icu-1', bed }) as WardPatient;
const readings = (...codes: string[]) => codes.map((code) => ({ code, value: 1, time: TIME }));
const status = (value: string) => ({ code: DEVICE_STATUS, value, time: TIME });

describe('electrodes that come off', () => {
  const off = new Set<string>();
  const leads = createLeads((bed) => off.has(bed));
  const seen = (bed: string, ...codes: string[]) => leads.seenThrough(inBed(bed), readings(...codes), TIME);

  test('take along what they measure; the monitor says so at once, then when it is due, and when they are on again', () => {
    const all = [HEART_RATE, RESPIRATORY_RATE, RHYTHM, SPO2];
    expect(seen('bed-01', ...all)).toEqual(readings(...all));
    off.add('icu-1/bed-01');
    expect(seen('bed-01', ...all)).toEqual([...readings(SPO2), status('leads-off')]);
    expect(seen('bed-01', HEART_RATE)).toEqual([]);
    expect(seen('bed-01', SPO2, DEVICE_STATUS)).toEqual([...readings(SPO2), status('leads-off')]);
    expect(seen('bed-02', ...all), 'of another bed they are on').toEqual(readings(...all));
    off.clear();
    expect(seen('bed-01', HEART_RATE)).toEqual([...readings(HEART_RATE), status('ok')]);
    expect(seen('bed-01', HEART_RATE)).toEqual(readings(HEART_RATE));
  });
});

describe('the file', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'heartline-leads-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  test('without one all are on; what is written is followed; a damaged one is told of, and what held before holds', async () => {
    const faults: string[] = [];
    const isOff = followLeads(home, (fault) => faults.push(fault));
    expect(readLeads(home)).toEqual([]);
    expect(isOff('icu-1/bed-01')).toBe(false);
    writeLeads(home, ['icu-1/bed-02', 'icu-1/bed-01', 'icu-1/bed-02']);
    expect(readLeads(home)).toEqual(['icu-1/bed-01', 'icu-1/bed-02']);
    await eventually('the lead is off', () => isOff('icu-1/bed-01'), DEADLINE_MS);
    writeFileSync(join(home, 'ward', 'leads.json'), '{"off": 7}');
    await eventually('the fault is told', () => isOff('icu-1/bed-01') && faults.length > 0, DEADLINE_MS);
    expect(faults).toEqual([expect.stringContaining('leads.json is damaged: remove it')]);
    expect(isOff('icu-1/bed-01')).toBe(true);
  });
});
