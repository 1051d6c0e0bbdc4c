// The triggers of serverless.yml on this machine, beside serverless-offline.
import { forgetFeedsBefore } from '../shared/medical-events/feed-store.ts';
import { showConsumer } from '../shared/ops/consumers.ts';
import { database } from '../shared/postgres/process-database.ts';
import { telemetry } from '../shared/telemetry.ts';
import { ownEndpoint } from '../shared/websocket/management-api.ts';
import { triggerHost } from './trigger-resources.ts';
import { createTriggersPlugin } from './triggers/plugin.ts';
import { closeWebsockets, guardWebsockets } from './websocket/guard.ts';

/** Below the 15 s after which the stack ends the process for good. */
const DRAIN_DEADLINE_MS = 10_000;
/** Three connections a trigger (triggers/README.md). */
const POOL_SIZE = 9;

const host = triggerHost(POOL_SIZE);
guardWebsockets();

/** No connection is older than this process, whose server they are opened at: what a killed one has left is not there any more. */
function forgetFormerFeeds(): void {
  const { log, metrics } = telemetry();
  const context = { database: database(), recordMetric: metrics.recordTogether };
  forgetFeedsBefore(ownEndpoint(), process.uptime(), context).catch((error: unknown) =>
    log.warn('feeds of a former process not removed: the next push does', { error }),
  );
}

export default createTriggersPlugin({
  ...host,
  drainDeadlineMs: DRAIN_DEADLINE_MS,
  show: showConsumer,
  started: () => {
    forgetFormerFeeds();
    // Loading the framework leaves 60 MB of garbage that V8 would keep for its next use of it: given back once, where the
    // process was started with --expose-gc.
    globalThis.gc?.();
  },
  close: async () => {
    await closeWebsockets();
    await host.close();
  },
});
