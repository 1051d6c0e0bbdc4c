import { listOpenAlerts } from '../alert-desk/open-alerts-store.ts';
import { publishRetained } from '../mqtt/process-link.ts';
import { database } from '../postgres/process-database.ts';
import { telemetry } from '../telemetry.ts';
import { notePublished } from './ward-push-store.ts';
import { createWardPusher, type WardPusher } from './ward-pusher.ts';

let current: WardPusher | undefined;

/** This process's pusher: of calls that come while it is at a ward, one push is made. */
export function wardPusher(): WardPusher {
  const { recordMetric } = telemetry().metrics;
  current ??= createWardPusher({
    snapshotOf: (ward) => listOpenAlerts(ward, { database: database(), recordMetric }),
    publish: publishRetained,
    published: (ward, revision) => notePublished(ward, revision, { database: database(), recordMetric }),
    nowMs: () => performance.now(),
  });
  return current;
}
