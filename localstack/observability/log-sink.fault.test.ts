import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMetricBridge } from './bridge.ts';
import { logFile } from './log-files.ts';
import { createLogSink } from './log-sink.ts';
import { createLogWriter } from './log-writer.ts';
import { sampleOf } from './testing/exposition.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heartline-logs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Every write to it fails with ENOSPC, as on a full disk. */
const FULL_DISK = '/dev/full';

test('a full disk costs lines, which are counted, and one warning; with room again the log goes on', async () => {
  await symlink(FULL_DISK, logFile(dir));
  const bridge = createMetricBridge();
  const warnings: string[] = [];
  const sink = createLogSink({ dir, bridge, warn: (message) => warnings.push(message) });
  for (let n = 0; n < 10; n += 1) {
    sink.line(`lost ${n}`, 'offline');
    await sink.settled();
  }
  expect(warnings).toEqual([expect.stringMatching(/^Log lines are being lost: ./)]);
  expect(sampleOf(await bridge.render(), 'log_lines_dropped_total')).toBe(10);

  await rm(logFile(dir));
  sink.line('kept', 'offline');
  await sink.settled();
  expect(await readFile(logFile(dir), 'utf8')).toContain('"kept"');

  await rm(logFile(dir));
  await sink.close();
  expect(warnings).toHaveLength(1);
});

test('a disk slower than what logs costs lines instead of memory or time', async () => {
  const warnings: string[] = [];
  let dropped = 0;
  const writer = createLogWriter({
    dir,
    warn: (message) => warnings.push(message),
    onDropped: (lines) => (dropped += lines),
    mostPendingBytes: 1_000,
  });
  // No turn of the event loop in between: to the writer, the disk hangs.
  for (let n = 0; n < 10_000; n += 1) writer.write('x'.repeat(99));
  await writer.close();
  const written = (await readFile(logFile(dir), 'utf8')).trimEnd().split('\n').length;
  expect(written + dropped).toBe(10_000);
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(30);
  expect(warnings).toHaveLength(1);
});
