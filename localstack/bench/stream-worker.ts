import type { StreamEventRecord } from '../triggers/stream/event.ts';
import { parseRabbitmqStreamOptions } from '../triggers/stream/options.ts';
import { startRabbitmqStreamEventSource } from '../triggers/stream/rabbitmq-stream-event-source.ts';
import { quiet } from './stream-backlog.ts';
import { bareSink } from './stream-sinks.ts';
import type { WorkerReport, WorkerSettings } from './stream-workers.ts';

// A process that consumes through the trigger into Postgres and tells its parent how far it is. Started by stream-workers.ts.

const FUNCTION_TIMEOUT_MS = 60_000;

const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
const report = (what: WorkerReport) => process.send?.(what);

const parsed = parseRabbitmqStreamOptions({ startingPosition: 'TRIM_HORIZON', ...settings.options });
if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
const sink = await bareSink(settings.databaseUrl, 'batch', settings.connections);
const source = await startRabbitmqStreamEventSource({
  name: 'bench',
  url: settings.url,
  options: parsed.options,
  timeoutMs: FUNCTION_TIMEOUT_MS,
  async invoke(event) {
    const { Records } = event as { Records: readonly StreamEventRecord[] };
    await sink.store(Records);
    report({ handled: Records.length });
  },
  logger: quiet,
  observe({ type }) {
    if (type === 'partitionAssigned') report({ assigned: 1 });
    if (type === 'partitionRevoked') report({ assigned: -1 });
  },
});

process.on('message', () => {
  source
    .stop()
    .then(() => sink.close())
    .then(() => process.disconnect())
    .catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
      process.disconnect();
    });
});
