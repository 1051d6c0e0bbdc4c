import type { Effect, History, Intent, Outcome, TakeOver } from './history.ts';

/** What became of one message. */
export interface Fate {
  readonly message: Intent;
  /** Of all attempts together: acknowledged in one of them; else unknown in one of them; else failed in all. */
  outcome: Outcome;
  attempts: number;
  /** An attempt has no outcome yet. */
  open: boolean;
  effects: number;
  deadLetters: number;
  /** First applied after a later message of its key. */
  inverted: boolean;
  /** Applied with another key, sequence or amount than it was sent with. */
  altered: boolean;
  /** Applied by an owner of its partition that another had followed already. */
  stale: boolean;
}

export interface Fates {
  /** By id, in the order of first sending. */
  readonly messages: ReadonlyMap<string, Fate>;
  /** Ids of effects and dead letters of what was never sent; a dead letter that cannot be read is `(unreadable)`. */
  readonly phantoms: readonly string[];
  /** What is wrong with the logs themselves: with such logs nothing is proved. */
  readonly faults: readonly string[];
}

const UNREADABLE = '(unreadable)';

/** Follows each message from its sending to its effects: linear but for sorting the effects by commit. */
export function traceFates({ producerLog, effectLog, deadLetters, takeOvers = [] }: History): Fates {
  const messages = new Map<string, Fate>();
  const faults: string[] = [];
  const phantoms: string[] = [];
  /** By key, the fate of its latest message. */
  const latest = new Map<string, Fate>();
  for (const entry of producerLog) {
    const fate = messages.get(entry.id);
    if (entry.kind === 'outcome') {
      if (fate?.open === true) settle(fate, entry.outcome);
      else faults.push(`outcome of ${entry.id} without an attempt`);
      continue;
    }
    if (fate) {
      faults.push(...resendFaults(fate, entry));
      // The attempt before it has no outcome: a crash in between.
      if (fate.open) settle(fate, 'unknown');
      fate.attempts += 1;
      fate.open = true;
      continue;
    }
    const before = latest.get(entry.key);
    faults.push(...orderFaults(before, entry));
    const first = firstAttempt(entry);
    messages.set(entry.id, first);
    latest.set(entry.key, first);
  }
  for (const fate of messages.values()) if (fate.open) settle(fate, 'unknown');
  faults.push(...applyEffects(effectLog, takeOvers, messages, phantoms));
  for (const { id } of deadLetters) {
    const fate = id === undefined ? undefined : messages.get(id);
    if (fate) fate.deadLetters += 1;
    else phantoms.push(id ?? UNREADABLE);
  }
  return { messages, phantoms, faults };
}

const firstAttempt = (message: Intent): Fate => ({
  message,
  outcome: 'failed',
  attempts: 1,
  open: true,
  effects: 0,
  deadLetters: 0,
  inverted: false,
  altered: false,
  stale: false,
});

function settle(fate: Fate, outcome: Outcome): void {
  fate.open = false;
  if (outcome === 'acked' || (outcome === 'unknown' && fate.outcome === 'failed')) fate.outcome = outcome;
}

function resendFaults({ message }: Fate, again: Intent): string[] {
  const same =
    message.key === again.key &&
    message.sequence === again.sequence &&
    message.amount === again.amount &&
    message.poison === again.poison;
  return same ? [] : [`${again.id} was sent again with another content`];
}

/** Order within a key is defined only where a message is sent once the one before it is acknowledged. */
function orderFaults(before: Fate | undefined, { id, key, sequence, amount }: Intent): string[] {
  const faults: string[] = [];
  const due = (before?.message.sequence ?? 0) + 1;
  if (sequence !== due) faults.push(`${id} has sequence ${sequence} of key ${key}, where ${due} was due`);
  if (before && before.outcome !== 'acked') faults.push(`${id} was sent before ${before.message.id} was acknowledged`);
  if (!Number.isSafeInteger(amount)) faults.push(`${id} has the amount ${amount}`);
  return faults;
}

function applyEffects(
  effectLog: readonly Effect[],
  takeOvers: readonly TakeOver[],
  messages: ReadonlyMap<string, Fate>,
  phantoms: string[],
): string[] {
  const faults: string[] = [];
  /** By key, the highest sequence applied so far. */
  const reached = new Map<string, number>();
  const ownerOf = ownersInTime(takeOvers);
  let lastCommit: number | undefined;
  for (const { commit, id, key, sequence, amount, owner } of effectLog.toSorted((a, b) => a.commit - b.commit)) {
    if (!Number.isSafeInteger(commit)) faults.push(`effect of ${id} has the commit ${commit}`);
    if (commit === lastCommit) faults.push(`commit ${commit} is there twice`);
    lastCommit = commit;
    const fate = messages.get(id);
    if (!fate) {
      phantoms.push(id);
      continue;
    }
    const { message } = fate;
    fate.effects += 1;
    if (key !== message.key || sequence !== message.sequence || amount !== message.amount) fate.altered = true;
    if (owner && owner.epoch < ownerOf(owner.consumer, commit)) fate.stale = true;
    if (fate.effects > 1) continue;
    const highest = reached.get(message.key) ?? 0;
    if (message.sequence < highest) fate.inverted = true;
    else reached.set(message.key, message.sequence);
  }
  return faults;
}

/** Tells the newest epoch of a consumer at a commit. To be asked in the order of commits. */
function ownersInTime(takeOvers: readonly TakeOver[]): (consumer: string, commit: number) => number {
  const ordered = takeOvers.toSorted((a, b) => a.commit - b.commit);
  const newest = new Map<string, number>();
  let at = 0;
  return (consumer, commit) => {
    for (let next = ordered[at]; next && next.commit < commit; next = ordered[at]) {
      newest.set(next.consumer, Math.max(next.epoch, newest.get(next.consumer) ?? 0));
      at += 1;
    }
    return newest.get(consumer) ?? 0;
  };
}
