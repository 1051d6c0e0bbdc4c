import { stripVTControlCharacters } from 'node:util';
import type { MetricBridge } from './bridge.ts';
import { createLineSplitter } from './line-splitter.ts';
import { createLogWriter } from './log-writer.ts';

export interface LogSink {
  /** Takes a line: EMF goes to the bridge, a JSON log line to the file as it is, any other wrapped as one. */
  line(text: string, source: string): void;
  /** Takes all that a child process writes to a stream, until it ends. `source` names the child in wrapped lines. */
  attach(stream: NodeJS.ReadableStream, source: string): void;
  /** Resolves when all that was taken is in the file. */
  settled(): Promise<void>;
  /** Writes what was taken and closes the file. */
  close(): Promise<void>;
}

function isLogLine(text: string): boolean {
  if (!text.startsWith('{') || !text.endsWith('}')) return false;
  try {
    const entry: unknown = JSON.parse(text);
    return (
      typeof entry === 'object' && entry !== null && 'level' in entry && 'message' in entry && 'timestamp' in entry
    );
  } catch {
    return false;
  }
}

/**
 * The place where the output of child processes (serverless offline, services) goes. It never blocks or fails the
 * child: see LogWriter for what a full disk does.
 */
export function createLogSink(options: {
  dir: string;
  bridge: MetricBridge;
  warn: (message: string) => void;
  /** Other lines of this form are routine: they get the level DEBUG. */
  routine?: RegExp;
  fileBytes?: number;
  filesKept?: number;
}): LogSink {
  const { bridge, routine } = options;
  const writer = createLogWriter({
    ...options,
    onDropped: (lines) => bridge.recordMetric('log_lines_dropped_total', lines),
  });

  function line(text: string, source: string): void {
    if (bridge.ingestLine(text)) return;
    if (isLogLine(text)) {
      writer.write(text);
      return;
    }
    const message = stripVTControlCharacters(text).trimEnd();
    if (message === '') return;
    const level = routine?.test(message) ? 'DEBUG' : 'INFO';
    writer.write(JSON.stringify({ level, timestamp: new Date().toISOString(), source, message }));
  }

  function attach(stream: NodeJS.ReadableStream, source: string): void {
    const splitter = createLineSplitter({
      onLine: (text) => line(text, source),
      onCut: () => bridge.recordMetric('log_lines_cut_total', 1, { source }),
    });
    stream.on('data', (chunk: Uint8Array | string) => splitter.push(chunk));
    stream.once('end', () => splitter.end());
    stream.once('error', (error) => {
      splitter.end();
      line(`The output of ${source} cannot be read any more: ${error.message}`, source);
    });
  }

  return { line, attach, settled: writer.settled, close: writer.close };
}
