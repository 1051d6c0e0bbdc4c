import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLineSplitter } from '../observability/line-splitter.ts';
import type { RabbitmqEndpoints } from '../services/rabbitmq.ts';
import { startWorker, type Worker } from '../worker/start-worker.ts';

export interface BenchServices {
  readonly databaseUrl: string;
  readonly endpoints: Pick<RabbitmqEndpoints, 'mqtt' | 'stream'>;
}

/** A line of a replica's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Replicas of one of this project's functions, each a process. @param onLine gets each line of their logs, as it comes */
export function startBenchWorker(
  name: string,
  replicas: number,
  { databaseUrl, endpoints }: BenchServices,
  onLine: (line: LogLine) => void,
): Promise<Worker> {
  return startWorker({
    function: name,
    replicas,
    environment: {
      HEARTLINE_DATABASE_URL: databaseUrl,
      HEARTLINE_MQTT_URL: endpoints.mqtt,
      HEARTLINE_STREAM_URL: endpoints.stream,
      // No stack of this machine is to be met.
      HEARTLINE_HOME: join(tmpdir(), 'heartline-no-stack'),
    },
    output(stream) {
      const lines = createLineSplitter({ onLine: (text) => text.startsWith('{') && onLine(JSON.parse(text)) });
      stream.on('data', (chunk) => lines.push(chunk));
    },
  });
}
