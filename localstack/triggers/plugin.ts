import { systemClock } from './clock.ts';
import type { EventSource, Observe, TriggerLogger } from './event-source.ts';
import { failureOf } from './failure.ts';
import { type FunctionInvoker, functionInvoker } from './function-invoker.ts';
import { givingBack } from './give-back.ts';
import { TriggerOptionsError } from './option-faults.ts';
import type { Serverless } from './serverless-types.ts';
import { type TriggerResources, triggerKinds } from './trigger-kinds.ts';
import { readTriggers, type Trigger } from './triggers.ts';

/** How long the start waits for a source; one that takes longer goes on starting behind the HTTP side. */
const START_WAIT_MS = 3_000;
/** What a source may take past its drain deadline to close its connections. */
const CLOSE_GRACE_MS = 3_000;

/** What the plugin is given by the project that uses it. */
export interface TriggersHost {
  readonly sources: TriggerResources;
  readonly logger: TriggerLogger;
  readonly observe?: Observe;
  /** How long handlers in flight may take to finish when the process is asked to end. */
  readonly drainDeadlineMs: number;
  /** Told of each source that was started: it says how it is. */
  readonly show?: (place: { function: string; trigger: string }, source: Pick<EventSource, 'health'>) => void;
  /** Called once all sources were started. */
  readonly started?: () => void;
  /** Called after all sources have stopped: the place to end pools. */
  readonly close?: () => Promise<void>;
}

type Hooks = Readonly<Record<string, () => Promise<void>>>;

/** Resolves with what comes first: the promise settling, or the time. */
function within(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = systemClock.after(limitMs, () => resolve(false));
    const settle = () => {
      cancel();
      resolve(true);
    };
    promise.then(settle, settle);
  });
}

/**
 * Makes the plugin class that runs the triggers of serverless.yml beside serverless-offline.
 *
 * Its hooks are `before:` and `after:` ones, so that it may be listed before or after serverless-offline: options are
 * checked before anything starts, sources start once HTTP is up, and they drain before serverless-offline ends the process.
 */
export function createTriggersPlugin(host: TriggersHost) {
  const { logger, observe = () => undefined } = host;

  return class TriggersPlugin {
    readonly hooks: Hooks;
    readonly #givingBack = givingBack();
    readonly #serverless: Serverless;
    readonly #cliOptions: Readonly<Record<string, unknown>>;
    #triggers: readonly Trigger[] = [];
    #invoker: FunctionInvoker | undefined;
    #starting: Promise<EventSource>[] = [];

    constructor(serverless: Serverless, cliOptions: Readonly<Record<string, unknown>>) {
      this.#serverless = serverless;
      this.#cliOptions = cliOptions;
      // Any value passes the framework's schema: the error that names option and range is this plugin's own.
      for (const name of Object.keys(triggerKinds)) serverless.configSchemaHandler.defineFunctionEvent('aws', name, {});
      this.hooks = {
        // `serverless offline` has no events around its start and end; run as `serverless offline start` it has.
        'before:offline:start': () => serverless.pluginManager.spawn('offline:start'),
        'before:offline:start:init': () => this.#check(),
        'after:offline:start:init': () => this.#start(),
        'before:offline:start:end': () => this.#drain(),
      };
    }

    async #check(): Promise<void> {
      try {
        this.#triggers = readTriggers(this.#serverless.service, host.sources);
      } catch (error) {
        if (!(error instanceof TriggerOptionsError)) throw error;
        throw new this.#serverless.classes.Error(error.message, error.code);
      }
    }

    async #start(): Promise<void> {
      if (this.#triggers.length === 0) return;
      const invoker = await functionInvoker(this.#serverless, this.#cliOptions);
      this.#invoker = invoker;
      this.#starting = this.#triggers.map(({ start, functionName, timeoutMs, label }) => {
        const invoke = this.#givingBack.of(invoker.of(functionName));
        const starting = start({ functionName, timeoutMs, invoke, logger, observe });
        const place = { function: functionName, trigger: label };
        starting.then(
          (source) => host.show?.(place, source),
          (error: unknown) => logger.error('trigger not started', { ...place, failure: failureOf(error) }),
        );
        return starting;
      });
      const inTime = await within(Promise.allSettled(this.#starting), START_WAIT_MS);
      if (!inTime) logger.warn('triggers are still starting', { waitedMs: START_WAIT_MS });
      host.started?.();
    }

    async #drain(): Promise<void> {
      const deadlineMs = host.drainDeadlineMs;
      const cancel = this.#givingBack.before(deadlineMs);
      const stopping = Promise.allSettled(this.#starting.map(async (source) => (await source).stop({ deadlineMs })));
      const inTime = await within(stopping, deadlineMs + CLOSE_GRACE_MS);
      cancel();
      if (!inTime) logger.warn('triggers not closed in time', { deadlineMs });
      await this.#invoker?.close();
      await host.close?.();
    }
  };
}
