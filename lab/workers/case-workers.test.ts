import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadExperiment } from '../experiment/load-experiment.ts';
import type { LabResult } from '../lab-result.ts';
import { planRun } from '../run/run-experiment.ts';
import { labCommand } from '../testing/lab-command.ts';
import { runOptions } from '../testing/run-options.ts';
import { inTurn } from './case-workers.ts';
import { lagIn } from './caught-up.ts';

const RUN_TIMEOUT_MS = 300_000;
/** Few, and two workers: what is asked is what becomes of them, not how fast. */
const [RATE, SECONDS] = [20, 4];

const home = mkdtempSync(join(tmpdir(), 'heartline-workers-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const textOf = (name: string) => readFileSync(join(import.meta.dirname, '..', 'experiments', `${name}.yml`), 'utf8');
const original = textOf('healthcare/3');
const crash = textOf('inventory/crash');

/** The third experiment with parts replaced. */
function experimentWith(...parts: [string, string][]): string {
  const file = join(home, `${parts.length}-changed.yml`);
  mkdirSync(home, { recursive: true });
  writeFileSync(
    file,
    parts.reduce((text, [part, by]) => {
      expect(text).toContain(part);
      return text.replaceAll(part, by);
    }, original),
  );
  return file;
}

describe('a case with workers', () => {
  test(
    'that share nothing: all is read once by each, stored once, told once; nothing is left running',
    async () => {
      const file = experimentWith(['afterSeconds: 26', 'afterSeconds: 1'], ['replicas: 4', 'replicas: 2']);
      const json = join(home, 'result.json');
      const load = ['--duration', String(SECONDS), '--rate', String(RATE)];
      const run = labCommand([file, '--case', 'independent-consumers', ...load, '--json', json], {
        HEARTLINE_HOME: home,
      });
      const code = await run.ended;
      if (!existsSync(json)) throw new Error(run.output());
      const { cases, holds } = JSON.parse(readFileSync(json, 'utf8')) as LabResult;
      const [result] = cases;
      if (!result) throw new Error(run.output());
      // Rates are low and the machine is busy: what is checked is what does not depend on time.
      expect(code, run.output()).toBe(holds ? 0 : 1);
      const sent = 3 * RATE * SECONDS;
      expect(result.delivery).toMatchObject({ sent, acknowledged: sent, delivered: sent, duplicated: 0, phantom: 0 });
      const figureOf = (says: string) => result.rows.find(({ expectation }) => expectation.startsWith(says))?.recovery;
      expect(figureOf('alerts read, of those sent')).toBe(2);
      expect(figureOf('alerts stored, of those sent')).toBe(1);
      expect(result.marks.map(({ label }) => label)).toContainEqual(expect.stringMatching(/^scaled to 2 workers, /));
      expect(result.workers).toMatchObject({ function: 'store-alerts-alone', replicas: 1 });
      expect(run.output()).toContain('in all phases: 100 ms of latency added, database → worker');
      const processes = execFileSync('ps', ['-axo', 'args'], { encoding: 'utf8' });
      expect(
        processes.split('\n').filter((line) => line.includes(home) || line.includes('store-alerts-alone')),
      ).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'that are killed while they work: each purchase is decided once, and the books add up',
    async () => {
      const file = join(home, 'killed.yml');
      const [beforeKills, , afterKills] = crash.split(/( {6}kill:\n(?: {8}- .*\n)+)/);
      const kills = [{ at: 1 }, { at: 2.5, replicas: 2 }].map(
        ({ at, replicas = 1 }) => `{ phase: fault, afterSeconds: ${at}, replicas: ${replicas} }`,
      );
      writeFileSync(
        file,
        `${beforeKills}      kill: [${kills.join(', ')}]\n${afterKills}`.replace('replicas: 4', 'replicas: 2'),
      );
      const json = join(home, 'killed.json');
      const load = ['--duration', String(SECONDS), '--rate', String(RATE)];
      const run = labCommand([file, ...load, '--json', json], { HEARTLINE_HOME: home });
      await run.ended;
      if (!existsSync(json)) throw new Error(run.output());
      const { cases } = JSON.parse(readFileSync(json, 'utf8')) as LabResult;
      const [result] = cases;
      if (!result) throw new Error(run.output());
      const sent = 3 * RATE * SECONDS;
      expect(result.delivery).toMatchObject({ sent, lostAcknowledged: 0, duplicated: 0, phantom: 0, violations: [] });
      const books = result.rows.find(({ expectation }) => expectation.startsWith('breaches of conservation'));
      expect(books, run.output()).toMatchObject({ fault: 0, holds: true });
      expect(result.marks.filter(({ label }) => / killed$/.test(label)).length, run.output()).toBe(2);
      expect(run.output()).toContain('2 workers of fulfil-orders; 1 by kill -9');
    },
    RUN_TIMEOUT_MS,
  );

  test.each<[string, [string, string], RegExp]>([
    [
      'a function that does not exist',
      ['function: store-alerts\n', 'function: store-nothing\n'],
      /cases\.0\.workers\.function: there is no function 'store-nothing'/,
    ],
    [
      'a service that does not exist',
      ['service: lab/workers/independent', 'service: lab/workers/none'],
      /cases\.1\.workers\.service: there is no lab\/workers\/none\/serverless\.yml/,
    ],
    [
      'a setting that does not exist',
      ['HEARTLINE_DB_POOL_SIZE', 'HEARTLINE_DB_POOLSIZE'],
      /workers\.settings\.2\.name: there is no setting 'HEARTLINE_DB_POOLSIZE'/,
    ],
    [
      'a phase that does not exist',
      ['phase: fault', 'phase: middle'],
      /phase: must be one of baseline, fault, recovery/,
    ],
    [
      'a run and phases in one expectation',
      ['run: { equals: 1 }', 'run: { equals: 1 }\n        fault: { above: 0 }'],
      /give two/,
    ],
    [
      'a run compared with the baseline',
      ['run: { equals: 1 }', 'run: { timesBaseline: { above: 1 } }'],
      /is compared with the baseline/,
    ],
  ])('and %s is refused', (_, part, message) => {
    expect(() => loadExperiment(experimentWith(part))).toThrow(message);
  });

  test('and phases too short for its scaling is refused; rates differ by phase unless they are given', () => {
    const experiment = loadExperiment('healthcare/3');
    expect(() => planRun(experiment, runOptions({ durationS: 26 }))).toThrow(
      /case scale-out would not be scaled.*--duration 27/,
    );
    const ratesOf = (of: typeof experiment, options: Parameters<typeof runOptions>[0]) => {
      const { cases, planOf } = planRun(of, runOptions(options));
      return cases.map((one) => planOf(one).map(({ rates }) => rates.join()));
    };
    expect(ratesOf(experiment, { durationS: 42 })[0]).toEqual(['60', '60,130,200', '200']);
    expect(ratesOf(experiment, { durationS: 42, rates: [5] })[0]).toEqual(['5', '5', '5']);
    const [calm, , burst] = ratesOf(loadExperiment('medical-events'), {});
    expect(calm).toEqual(['17', '17', '17']);
    expect(burst?.map((rates) => rates.split(',').length)).toEqual([1, 6, 1]);
  });
});

test('the lag of a page is that of all its partitions and consumers', () => {
  const line = (stream: string, value: number) =>
    `rabbitmq_stream_consumer_lag_messages{stream="${stream}",consumer="a"} ${value}\n`;
  expect(lagIn(`# TYPE x gauge\n${line('w0', 3)}${line('w1', 0)}${line('w2', 1.2e3)}other{stream="w0"} 7\n`)).toBe(
    1_203,
  );
  expect(lagIn('')).toBe(0);
});

test('workers to kill take turns, by their numbers', () => {
  const numbers = (running: readonly number[], after: number) =>
    inTurn(
      running.map((number) => ({ number })),
      after,
    ).map(({ number }) => number);
  expect(numbers([1, 2, 3, 4], 0)).toEqual([1, 2, 3, 4]);
  expect(numbers([1, 2, 3, 4], 2)).toEqual([3, 4, 1, 2]);
  // The third is away: whoever comes next.
  expect(numbers([1, 2, 4], 2)).toEqual([4, 1, 2]);
  expect(numbers([1, 2], 4)).toEqual([1, 2]);
});
