import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BUNDLED_RECORDINGS } from '../../localstack/ward/folders.ts';
import { alarmQualityFromCommandLine } from './cli.ts';

const MOST_COLUMNS = 80;
const folder = mkdtempSync(join(tmpdir(), 'heartline-quality-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (...names: string[]) => join(folder, ...names);

let output = '';
beforeEach(() => {
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('npm run lab alarm-quality', () => {
  test('prints the table, and writes figures and picture', async () => {
    const args = ['--recordings', BUNDLED_RECORDINGS, '--json', file('out.json'), '--picture', file('out.svg')];
    const code = await alarmQualityFromCommandLine(args);
    expect(output).toContain('Recordings: 24 of vitaldb-arrhythmia');
    expect(output).toMatch(/episodes of VT, SVTA, AVB +170 +0 +0 +0/);
    for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(MOST_COLUMNS);

    const result = JSON.parse(readFileSync(file('out.json'), 'utf8'));
    expect(code).toBe(result.holds ? 0 : 1);
    expect(result.entries.filter(({ cause }: { cause: string }) => cause === 'episode')).toHaveLength(170);
    expect(result.entries[0]).toMatchObject({ recording: '19', condition: 'arrhythmia/SVTA', verdict: 'alerted' });
    expect(result.spuriousAlerts).toEqual([]);

    const picture = readFileSync(file('out.svg'), 'utf8');
    expect(picture).toMatch(/^<svg role="img" aria-label="Alerts a bed and day: /);
    expect(picture).toContain('HR: beyond a limit, high');
  });

  test('of vital signs alone: what is not there is not judged', async () => {
    await alarmQualityFromCommandLine(['--recordings', join(BUNDLED_RECORDINGS, 'bidmc-numerics')]);
    expect(output).toMatch(/^– episodes not told once, at once +0 +— +none here$/m);
  });

  test('says what there is', async () => {
    expect(await alarmQualityFromCommandLine(['--help'])).toBe(0);
    expect(output).toContain('--recordings DIR');
    for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(MOST_COLUMNS);
  });
});

describe('refused, with nothing printed or written', () => {
  afterEach(() => expect(output).toBe(''));

  test.each<[string[], string | RegExp]>([
    [['word'], "'word' is one too many"],
    [['--seed', '1'], /'--seed'.*npm run lab alarm-quality/s],
    [['--recordings', ' , '], "--recordings ' , ': name a folder"],
    [['--recordings', file('nowhere')], /nowhere: the folder cannot be read \(.*Check the path/s],
    [['--recordings', import.meta.filename], /cli\.test\.ts: the folder cannot be read/],
    [['--recordings', folder], /there is no recording here/],
    [['--json', folder], /^--json .* cannot be written: it is a folder/],
    [['--picture', join(import.meta.filename, 'a.svg')], /^--picture .* is a file, not a folder/],
    [['--json', 'a', '--picture', './a'], '--json and --picture name the same file'],
  ])('%j', async (args, said) => {
    await expect(alarmQualityFromCommandLine(args)).rejects.toThrow(said);
  });

  test('a recording that cannot be read is named with its line', async () => {
    const broken = file('broken');
    mkdirSync(broken);
    cpSync(join(BUNDLED_RECORDINGS, 'bidmc-numerics', 'bidmc_01_Numerics.csv'), join(broken, 'bidmc_01_Numerics.csv'));
    const name = join(broken, 'bidmc_02_Numerics.csv');
    writeFileSync(name, 'Time [s], HR, PULSE, RESP, SpO2\n0,80,80,16,97\n1,eighty,80,16,97\n');
    const run = alarmQualityFromCommandLine(['--recordings', broken, '--json', file('never.json')]);
    await expect(run).rejects.toThrow(`${name}:3:`);
    expect(() => readFileSync(file('never.json'))).toThrow('ENOENT');
  });

  test('recordings without a row have nothing to say', async () => {
    const empty = file('empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'bidmc_01_Numerics.csv'), 'Time [s],HR,PULSE,RESP,SpO2\n');
    await expect(alarmQualityFromCommandLine(['--recordings', empty])).rejects.toMatchObject({
      code: 'recording_unreadable',
    });
  });
});
