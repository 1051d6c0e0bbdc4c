import { config } from '../config.ts';
import { database } from '../postgres/process-database.ts';
import { publishToStream } from '../stream/process-publisher.ts';
import { telemetry } from '../telemetry.ts';
import { type Alerter, createAlerter } from './alerter.ts';
import { startPulse } from './pulse.ts';
import { lastSleepStatus } from './sleep-store.ts';
import { loadSnapshot, saveSnapshot } from './snapshot-store.ts';
import { loadThresholdBook } from './threshold-book.ts';

const STREAM = 'alerts';
/** The shortest limit of "no data" is 10 s. */
const PULSE_MS = 1_000;

let current: Promise<Alerter> | undefined;

/** This process's alerter, made on first use; from then on it follows the thresholds and beats the pulse. */
export function processAlerter(): Promise<Alerter> {
  current ??= makeAlerter();
  return current;
}

async function makeAlerter(): Promise<Alerter> {
  const { log, metrics } = telemetry();
  const { recordMetric } = metrics;
  const stores = { database: database(), recordMetric };
  startPulse({ everyMs: PULSE_MS, log });
  const book = await loadThresholdBook({ ...stores, url: config().endpoints.postgres, log });
  return createAlerter({
    thresholdsOf: book.of,
    async publish(events) {
      await Promise.all(
        events.map((event) =>
          publishToStream(STREAM, {
            partitionBy: event.ward,
            key: event.patientId,
            value: event,
            properties: { eventId: event.eventId },
          }),
        ),
      );
    },
    loadSnapshot: (consumer) => loadSnapshot(consumer, stores),
    saveSnapshot: (snapshot) => saveSnapshot(snapshot, stores),
    async lastSleep(newcomers) {
      const times = [...newcomers.values()].map((ms) => new Date(ms));
      return await lastSleepStatus([...newcomers.keys()], times, stores);
    },
    snapshotEveryMs: config().vitals.snapshotEveryMs,
    nowMs: () => performance.now(),
  });
}
