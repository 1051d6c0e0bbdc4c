// The triggers of serverless.yml on this machine, beside serverless-offline.
import { triggerHost } from './trigger-resources.ts';
import { createTriggersPlugin } from './triggers/plugin.ts';

/** Below the 15 s after which the stack ends the process for good. */
const DRAIN_DEADLINE_MS = 10_000;
/** Three connections a trigger (triggers/README.md). */
const POOL_SIZE = 6;

export default createTriggersPlugin({
  ...triggerHost(POOL_SIZE),
  drainDeadlineMs: DRAIN_DEADLINE_MS,
  // Loading the framework leaves 60 MB of garbage that V8 would keep for its next use of it: given back once, where the
  // process was started with --expose-gc.
  started: () => globalThis.gc?.(),
});
