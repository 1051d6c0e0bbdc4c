import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMetricBridge } from './bridge.ts';
import { logFile } from './log-files.ts';
import { createLogSink } from './log-sink.ts';
import { sampleOf } from './testing/exposition.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heartline-logs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function sink(options: { fileBytes?: number; filesKept?: number; routine?: RegExp } = {}) {
  const bridge = createMetricBridge();
  const warnings: string[] = [];
  const made = createLogSink({ dir, bridge, warn: (message) => warnings.push(message), ...options });
  return { sink: made, bridge, warnings };
}

async function linesIn(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n');
}

const logLine = (n: number) =>
  JSON.stringify({ level: 'INFO', timestamp: '2026-01-01T00:00:00.000Z', message: `${n}` });

describe('a line', () => {
  test('goes to the bridge if it is EMF, to the file as it is if it is JSON, else wrapped', async () => {
    const { sink: log, bridge } = sink();
    log.line(
      '{"_aws":{"CloudWatchMetrics":[{"Namespace":"Heartline","Dimensions":[["service"]],"Metrics":[{"Name":"db_tps"}]}]},"service":"s","db_tps":4}',
      'offline',
    );
    log.line(logLine(1), 'offline');
    log.line('\u001b[32mServer ready\u001b[39m', 'offline');
    log.line('  ', 'offline');
    log.line('{"message":"JSON, but not a log line"}', 'offline');
    await log.close();
    const [first, second, third, ...none] = await linesIn(logFile(dir));
    expect(none).toEqual([]);
    expect(first).toBe(logLine(1));
    expect(JSON.parse(second ?? '')).toEqual({
      level: 'INFO',
      timestamp: expect.stringMatching(/Z$/),
      source: 'offline',
      message: 'Server ready',
    });
    expect(JSON.parse(third ?? '')).toMatchObject({ message: '{"message":"JSON, but not a log line"}' });
    expect(sampleOf(await bridge.render(), 'db_tps')).toBe(4);
  });

  test('of a routine form is for debugging only', async () => {
    const { sink: log } = sink({ routine: /^λ / });
    log.line('λ took 3 ms', 'offline');
    log.line('the λ failed', 'offline');
    await log.close();
    const levels = (await linesIn(logFile(dir))).map((line) => JSON.parse(line).level);
    expect(levels).toEqual(['DEBUG', 'INFO']);
  });

  test('is not glued to half a line that a killed process left', async () => {
    await writeFile(logFile(dir), '{"level":"INFO","mess');
    const { sink: log } = sink();
    log.line(logLine(1), 'offline');
    await log.close();
    expect(await linesIn(logFile(dir))).toEqual(['{"level":"INFO","mess', logLine(1)]);
  });
});

describe('a child process', () => {
  test('that writes with the real logger and recorder ends up in file and bridge', async () => {
    const { sink: log, bridge } = sink();
    const shared = (name: string) =>
      JSON.stringify(new URL(`../../shared/observability/${name}`, import.meta.url).href);
    const source = `
      import { createLogger } from ${shared('logger.ts')};
      import { createMetrics } from ${shared('metrics.ts')};
      const log = createLogger({ service: 'child', level: 'info', patientIdKey: 'k' });
      const metrics = createMetrics({ service: 'child' });
      for (let index = 0; index < 200; index += 1) {
        const { recordMetric, flush } = metrics.invocation();
        recordMetric('alerts_redelivered_total', 1, { stage: 'db-first' });
        recordMetric('db_insert_latency_ms', index, { stage: 'db-first' });
        log.info('alert of the naïve 💓', { eventId: 'e-' + index });
        flush();
      }
      process.stdout.write('x'.repeat(1_100_000) + '\\n');
      process.stdout.write('the end, without a line feed');
    `;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    log.attach(child.stdout, 'child');
    await once(child, 'close');
    await log.close();
    const entries = (await linesIn(logFile(dir))).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries).toHaveLength(202);
    expect(entries.slice(0, 200).map((entry) => entry['eventId'])).toEqual(
      Array.from({ length: 200 }, (_, i) => `e-${i}`),
    );
    expect(entries[0]?.['message']).toBe('alert of the naïve 💓');
    expect(entries.at(-1)).toMatchObject({ source: 'child', message: 'the end, without a line feed' });
    const text = await bridge.render();
    expect(sampleOf(text, 'alerts_redelivered_total', { stage: 'db-first' })).toBe(200);
    expect(sampleOf(text, 'db_insert_latency_ms_count', { stage: 'db-first' })).toBe(200);
    expect(sampleOf(text, 'log_lines_cut_total', { source: 'child' })).toBe(1);
  });
});

describe('rotation', () => {
  test('keeps the size, the number of files and each line once, oldest in the highest number', async () => {
    const { sink: log } = sink({ fileBytes: 2_000, filesKept: 3 });
    for (let n = 0; n < 400; n += 1) {
      log.line(logLine(n), 'offline');
      if (n % 5 === 0) await log.settled();
    }
    await log.close();
    expect((await readdir(dir)).sort()).toEqual(['heartline.jsonl', 'heartline.jsonl.1', 'heartline.jsonl.2']);
    const files = [2, 1, 0].map((age) => logFile(dir, age));
    for (const file of files) expect((await stat(file)).size).toBeLessThanOrEqual(2_000);
    const numbers = (await Promise.all(files.map(linesIn)))
      .flat()
      .map((line) => Number((JSON.parse(line) as { message: string }).message));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 400 - numbers.length + index));
    expect(numbers.length).toBeGreaterThan(40);
  });
});
