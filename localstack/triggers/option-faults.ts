/** One thing that is wrong with a trigger's options in serverless.yml. */
export interface OptionFault {
  readonly function: string;
  /** The event type and its place in the function's `events`, such as `pgmq (events[1])`. */
  readonly trigger: string;
  /** Path of the option, such as `retryDelay.minimum`. */
  readonly option: string;
  readonly found: unknown;
  /** What may be written instead. */
  readonly allowed: string;
}

const FOUND_LENGTH_MAX = 120;

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX - 1)}…` : text;
}

/** All faults of all triggers at once, one line each: function, trigger, option, found, allowed. */
export class TriggerOptionsError extends Error {
  readonly code = 'TRIGGER_OPTIONS_INVALID';
  readonly faults: readonly OptionFault[];

  constructor(faults: readonly OptionFault[]) {
    const lines = faults.map(
      (fault) =>
        `  function ${fault.function}, trigger ${fault.trigger}, option ${fault.option}: ` +
        `found ${show(fault.found)}, allowed: ${fault.allowed}`,
    );
    super(`Trigger options in serverless.yml are wrong:\n${lines.join('\n')}`);
    this.name = 'TriggerOptionsError';
    this.faults = faults;
  }
}
