// Faults of metrics and logs themselves, driven through the parts that count them.
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { logFile } from '../../../localstack/observability/log-files.ts';
import { createLogSink } from '../../../localstack/observability/log-sink.ts';
import { eventually } from '../../../localstack/testing/eventually.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const LONG_LINE_BYTES = 2 * 1_048_576; // the limit is 1 MiB
const MANY_LABELS = 510; // the bridge keeps 500 of a metric

/** Metrics that the bridge refuses: an unknown name, and more label values than it keeps. */
export function sendBadMetrics({ stack: { bridge } }: ScrapedStack): void {
  const emf = (name: string, labels: Record<string, string>) =>
    JSON.stringify({
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [
          { Namespace: 'Heartline', Dimensions: [['service', ...Object.keys(labels)]], Metrics: [{ Name: name }] },
        ],
      },
      service: 'test',
      ...labels,
      [name]: 1,
    });
  bridge.ingestLine(emf('no_such_metric', {}));
  for (let n = 0; n < MANY_LABELS; n += 1) {
    bridge.ingestLine(emf('log_lines_cut_total', { source: `source-${n}` }));
  }
}

/** A log line over the limit, and a full disk. */
export async function loseLogLines({ stack: { bridge }, home }: ScrapedStack): Promise<void> {
  const dir = join(home, 'full-disk');
  await mkdir(dir);
  await symlink('/dev/full', logFile(dir)); // every write fails with ENOSPC
  const sink = createLogSink({ dir, bridge, warn: () => undefined });
  const output = new PassThrough();
  sink.attach(output, 'a-program');
  output.end(`${'x'.repeat(LONG_LINE_BYTES)}\n`);
  await eventually('lines to be lost', async () => /^log_lines_dropped_total [1-9]/m.test(await bridge.render()));
  await sink.close();
}
