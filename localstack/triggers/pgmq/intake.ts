import { fullJitterMs } from '../jitter.ts';
import { readCapacity } from './batching.ts';
import type {
  Env,
  Input,
  Intake,
  MachineOptions,
  MachineRecord,
  MachineState,
  Output,
  Sleep,
} from './machine-types.ts';

type Outputs<R extends MachineRecord> = readonly Output<R>[];
type IntakeStep<R extends MachineRecord> = { readonly intake: Intake; readonly outputs: Outputs<R> };

/** When the next read after falling asleep is due: the short delays first, then the poll interval. */
function nextRereadMs(sleep: Sleep, options: MachineOptions, nowMs: number): number {
  const delayMs = options.rereadDelaysMs[sleep.rereads];
  return delayMs === undefined ? nowMs + options.pollMs : Math.max(nowMs, sleep.sinceMs + delayMs);
}

/**
 * What follows an answered read. A full one: read on. A short one: read again a moment later, awake, so that a steady
 * trickle is read in small batches without a notification a message. None: arm the wake-up and read once more; if still
 * none, sleep.
 */
function afterRead<R extends MachineRecord>(
  intake: Intake & { mode: 'reading' },
  input: Input<R> & { type: 'records' },
  options: MachineOptions,
  nowMs: number,
): IntakeStep<R> {
  const { asleep, again, count } = intake;
  const found = input.records.length;
  const disarm: Outputs<R> = asleep === undefined ? [] : [{ type: 'disarm' }];
  if (found >= count) return { intake: { mode: 'awake' }, outputs: disarm };
  if (found > 0) return { intake: { mode: 'drowsy', atMs: nowMs + options.lingerMs }, outputs: disarm };
  if (asleep === undefined) return { intake: { mode: 'arming', again: false }, outputs: [{ type: 'arm' }] };
  // Woken while it read: it may have been a new session, which nobody has armed. Read on, and arm anew before sleeping.
  if (again) return { intake: { mode: 'awake' }, outputs: disarm };
  const rereadMs = nextRereadMs(asleep, options, nowMs);
  const visibleMs = nowMs + Math.max(options.lingerMs, input.nextVisibleInMs ?? Infinity);
  const sleep = { sinceMs: asleep.sinceMs, rereads: asleep.rereads + 1 };
  return { intake: { mode: 'asleep', atMs: Math.min(rereadMs, visibleMs), ...sleep }, outputs: [] };
}

/** How reading goes on after an input; reads themselves are asked for in {@link nextRead}. */
export function intakeAfter<R extends MachineRecord>(
  state: MachineState<R>,
  input: Input<R>,
  options: MachineOptions,
  env: Env,
): IntakeStep<R> {
  const { intake } = state;
  const unchanged = { intake, outputs: [] };
  if (intake.mode === 'closed') return unchanged;
  switch (input.type) {
    case 'records':
      return intake.mode === 'reading' ? afterRead(intake, input, options, env.nowMs) : unchanged;
    case 'readFailed': {
      if (intake.mode !== 'reading') return unchanged;
      const delayMs = fullJitterMs(state.readFailures + 1, options.reconnectDelay, env.random());
      const outputs: Outputs<R> = intake.asleep === undefined ? [] : [{ type: 'disarm' }];
      return { intake: { mode: 'backoff', atMs: env.nowMs + delayMs }, outputs };
    }
    case 'armed': {
      if (intake.mode !== 'arming') return unchanged;
      if (intake.again) return { intake: { mode: 'awake' }, outputs: [{ type: 'disarm' }] };
      // The read that decides: what was committed before the wake-up was armed is visible to it, nearly always.
      return { intake: { mode: 'asleep', atMs: env.nowMs, sinceMs: env.nowMs, rereads: 0 }, outputs: [] };
    }
    case 'woken':
      if (intake.mode === 'asleep') return { intake: { mode: 'awake' }, outputs: [{ type: 'disarm' }] };
      if (intake.mode === 'reading' || intake.mode === 'arming')
        return { intake: { ...intake, again: true }, outputs: [] };
      return intake.mode === 'backoff' ? { intake: { mode: 'awake' }, outputs: [] } : unchanged;
    default:
      return unchanged;
  }
}

/** Asks for a read when one is due and an invocation is free for what it may bring. */
export function nextRead<R extends MachineRecord>(
  state: MachineState<R>,
  options: MachineOptions,
  nowMs: number,
): IntakeStep<R> {
  const { intake } = state;
  const idle = { intake, outputs: [] };
  if (intake.mode === 'closed' || intake.mode === 'reading' || intake.mode === 'arming') return idle;
  const count = readCapacity(state, options);
  if (count === 0) {
    // All invocations are busy: nobody needs waking. Reading resumes by itself when one is free.
    if (intake.mode === 'asleep') return { intake: { mode: 'awake' }, outputs: [{ type: 'disarm' }] };
    return intake.mode === 'backoff' && intake.atMs > nowMs ? idle : { intake: { mode: 'awake' }, outputs: [] };
  }
  if (intake.mode !== 'awake' && intake.atMs > nowMs) return idle;
  const askNextVisible = intake.mode === 'asleep';
  const asleep = intake.mode === 'asleep' ? { asleep: { sinceMs: intake.sinceMs, rereads: intake.rereads } } : {};
  return {
    intake: { mode: 'reading', count, again: false, ...asleep },
    outputs: [{ type: 'read', count, askNextVisible }],
  };
}
