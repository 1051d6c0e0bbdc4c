import type { Clock } from '../clock.ts';
import type { Input, Machine, MachineRecord, Output } from './machine-types.ts';

/** Tells the machine what happened, has done what it says, and wakes it when it wants to be. */
export function runMachine<R extends MachineRecord>(
  machine: Machine<R>,
  clock: Clock,
  perform: (output: Output<R>) => void,
): { readonly report: (happened: Input<R>) => void; readonly cancelTick: () => void } {
  let cancel: () => void = () => undefined;
  let tickAtMs: number | undefined;

  function report(happened: Input<R>): void {
    const nowMs = clock.nowMs();
    for (const output of machine.step(happened, nowMs)) perform(output);
    const nextMs = machine.nextTickMs();
    if (nextMs === tickAtMs) return;
    cancel();
    tickAtMs = nextMs;
    if (nextMs === undefined) return;
    cancel = clock.after(nextMs - nowMs, () => {
      tickAtMs = undefined;
      report({ type: 'tick' });
    });
  }

  return { report, cancelTick: () => cancel() };
}
