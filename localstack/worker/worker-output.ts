import { join } from 'node:path';
import type { Readable } from 'node:stream';
import pc from 'picocolors';
import { takeLock } from '../lock-file.ts';
import { createMetricBridge, type MetricBridge } from '../observability/bridge.ts';
import { createLineSplitter } from '../observability/line-splitter.ts';
import { readLogEntry } from '../observability/log-entry.ts';
import { formatEntry } from '../observability/log-format.ts';
import { createLogSink } from '../observability/log-sink.ts';

/** Where a terminal's lines go; `columns` is its width. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What becomes of the replicas' output: EMF goes to the bridge, lines to the log and to standard output. */
export interface WorkerOutput {
  readonly bridge: MetricBridge;
  /** Folder of the log files. */
  readonly logs: string;
  read(stream: Readable, replica: number): void;
  /** Writes what was read. */
  close(): Promise<void>;
}

const COLORS = [pc.cyan, pc.magenta, pc.green, pc.yellow, pc.blue];

/** A folder that no other worker writes to: two of one function would rotate each other's files away. */
function takeFolder(home: string, name: string): { logs: string; unlock: () => void } {
  for (let count = 1; ; count += 1) {
    const logs = join(home, 'logs', count === 1 ? `worker-${name}` : `worker-${name}-${count}`);
    const taken = takeLock(join(logs, 'lock'));
    if (typeof taken === 'function') return { logs, unlock: taken };
  }
}

/**
 * At a terminal, lines are pretty and have their replica's number in front; elsewhere they are as the replica wrote them.
 * @param home folder of what the stack writes (`.heartline`)
 */
export function createWorkerOutput(options: {
  name: string;
  home: string;
  terminal: Terminal;
  warn: (message: string) => void;
}): WorkerOutput {
  const { name, home, terminal, warn } = options;
  const { logs, unlock } = takeFolder(home, name);
  const bridge = createMetricBridge();
  const sink = createLogSink({ dir: logs, bridge, warn });

  function print(line: string, replica: number): void {
    if (!terminal.isTTY) {
      terminal.write(`${line}\n`);
      return;
    }
    const color = COLORS[replica % COLORS.length] ?? pc.cyan;
    const prefix = `${replica} │ `;
    const columns = terminal.columns === undefined ? undefined : terminal.columns - prefix.length;
    const text = formatEntry(readLogEntry(line), { columns, color: pc.isColorSupported });
    for (const each of text.trimEnd().split('\n')) terminal.write(`${color(prefix)}${each}\n`);
  }

  return {
    bridge,
    logs,
    read(stream, replica) {
      const source = `worker ${replica}`;
      const splitter = createLineSplitter({
        onLine(line) {
          if (bridge.ingestLine(line)) return;
          sink.line(line, source);
          print(line, replica);
        },
        onCut: () => bridge.recordMetric('log_lines_cut_total', 1, { source: 'worker' }),
      });
      stream.on('data', (chunk: Uint8Array) => splitter.push(chunk));
      stream.once('end', () => splitter.end());
    },
    async close() {
      await sink.close();
      unlock();
    },
  };
}
