import { config } from '../config.ts';
import { madeOnce } from '../made-once.ts';
import { database } from '../postgres/process-database.ts';
import { publishToStream } from '../stream/process-publisher.ts';
import { telemetry } from '../telemetry.ts';
import { readTopology } from '../topology/read-topology.ts';
import { type Alerter, createAlerter } from './alerter.ts';
import { pulseForwarder } from './judged-pulse.ts';
import { lastSleepStatus } from './sleep-store.ts';
import { loadSnapshot, saveSnapshot } from './snapshot-store.ts';
import { loadThresholdBook } from './threshold-book.ts';

const STREAM = 'alerts';

/** This process's alerter, made on first use; from then on it follows the thresholds. */
export const processAlerter = madeOnce(makeAlerter);

async function makeAlerter(): Promise<Alerter> {
  const { log, metrics } = telemetry();
  const { recordMetric } = metrics;
  const stores = { database: database(), recordMetric };
  const book = await loadThresholdBook({ ...stores, url: config().endpoints.postgres, log });
  return createAlerter({
    thresholds: book.view,
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
    judged: pulseForwarder({
      topology: readTopology(),
      publish: (pulse) => publishToStream(STREAM, pulse),
      nowMs: () => Date.now(),
    }),
    loadSnapshot: (consumer) => loadSnapshot(consumer, stores),
    saveSnapshot: (snapshot) => saveSnapshot(snapshot, stores),
    lastSleep: (newcomers) => lastSleepStatus(newcomers, stores),
    snapshotEveryMs: config().vitals.snapshotEveryMs,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  });
}
