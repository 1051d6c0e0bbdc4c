import type { EventSource, InvokeFunction, Observe, TriggerLogger } from './event-source.ts';
import type { OptionFault } from './option-faults.ts';

/** What a trigger is started with, beside its own options and resources. */
export interface TriggerRun {
  /** The function's key in serverless.yml. */
  readonly functionName: string;
  readonly timeoutMs: number;
  readonly invoke: InvokeFunction;
  readonly logger: TriggerLogger;
  readonly observe: Observe;
}

/** Options that were refused, without the place in serverless.yml that the plugin knows. */
export interface RefusedOptions {
  readonly ok: false;
  readonly faults: readonly Pick<OptionFault, 'option' | 'found' | 'allowed'>[];
}

export type PreparedTrigger<Resources> =
  | RefusedOptions
  /** `enabled: false` in serverless.yml: checked, not started. */
  | {
      readonly ok: true;
      readonly enabled: boolean;
      start(resources: Resources, run: TriggerRun): Promise<EventSource>;
    };

/** One kind of `events:` entry. `Resources` is what the host hands in for it, such as a pool. */
export interface TriggerKind<Resources> {
  /** Checks what serverless.yml says; opens nothing. */
  prepare(rawOptions: unknown, functionTimeoutS: number): PreparedTrigger<Resources>;
}
