import { draw } from './decision.ts';
import type { Publish } from './identity.ts';
import type { HitNote, JournalWriter } from './journal.ts';
import { createOccurrences, type Occurrences } from './occurrences.ts';
import type { Direction, PublishToxic, Toxic } from './toxics.ts';

/** What becomes of one PUBLISH. */
interface Fate {
  /** The toxic that drops it. */
  readonly droppedBy: string | undefined;
  /** Copies to send behind it. */
  readonly copies: number;
  /** One more, once it is acknowledged. */
  readonly copyLater: boolean;
  readonly delayMs: number;
  /** Held back by so many places, for at most `holdMs`. */
  readonly places: number;
  readonly holdMs: number;
}

export interface ToxicSet {
  readonly list: readonly Toxic[];
  /** A toxic whose name was in the list before goes on with its counts. */
  replace(list: readonly Toxic[]): void;
  /** Whether any toxic acts on PUBLISH packets of this direction. */
  acts(direction: Direction): boolean;
  /** Each toxic decides for itself: none sees what another did, so their order in the list is no matter. */
  decide(publish: Pick<Publish, 'direction' | 'qos' | 'clientId'>, identity: string): Fate;
}

/** @param capacity identities whose occurrences each toxic remembers */
export function createToxicSet(seed: number, journal: JournalWriter, capacity: number): ToxicSet {
  let list: readonly Toxic[] = [];
  let publishToxics: Readonly<Record<Direction, readonly PublishToxic[]>> = { downstream: [], upstream: [] };
  const occurrences = new Map<string, Occurrences>();

  /** What a toxic makes of a PUBLISH; undefined when it does not hit. */
  const effectOf = (toxic: PublishToxic, identity: string): Effect | undefined => {
    const occurrence = occurrences.get(toxic.name)?.next(identity) ?? 1;
    const { chance, extent } = draw({ seed, toxic: toxic.name, identity, occurrence });
    return chance < toxic.rate ? effect(toxic, occurrence, extent) : undefined;
  };

  return {
    get list() {
      return list;
    },
    replace(next) {
      list = next;
      const acting = next.filter((toxic) => toxic.type !== 'flap');
      publishToxics = {
        downstream: acting.filter(({ direction }) => direction === 'downstream'),
        upstream: acting.filter(({ direction }) => direction === 'upstream'),
      };
      const names = new Set(acting.map(({ name }) => name));
      for (const name of occurrences.keys()) if (!names.has(name)) occurrences.delete(name);
      for (const name of names) if (!occurrences.has(name)) occurrences.set(name, createOccurrences(capacity));
    },
    acts: (direction) => publishToxics[direction].length > 0,
    decide({ direction, qos, clientId }, identity) {
      const effects: Effect[] = [];
      for (const toxic of publishToxics[direction]) {
        if (!toxic.qos.includes(qos)) continue;
        journal.toxic(toxic).seen += 1;
        const found = effectOf(toxic, identity);
        if (found !== undefined) effects.push(found);
      }
      return settle(effects, { identity, qos, clientId }, journal, journal[direction]);
    },
  };
}

interface Effect {
  readonly toxic: PublishToxic;
  readonly occurrence: number;
  readonly delayMs?: number;
  readonly places?: number;
}

function effect(toxic: PublishToxic, occurrence: number, extent: number): Effect {
  if (toxic.type === 'delay') {
    const jitterMs = toxic.jitterMs * (extent + extent - 1);
    return { toxic, occurrence, delayMs: Math.max(0, Math.round(toxic.delayMs + jitterMs)) };
  }
  if (toxic.type === 'reorder') return { toxic, occurrence, places: 1 + Math.floor(extent * toxic.packets) };
  return { toxic, occurrence };
}

/** Puts the effects together, and notes those that take place: of a dropped message, only that it was dropped. */
function settle(
  effects: readonly Effect[],
  note: Pick<HitNote, 'identity' | 'qos' | 'clientId'>,
  journal: JournalWriter,
  counters: JournalWriter[Direction],
): Fate {
  const drops = effects.filter(({ toxic }) => toxic.type === 'drop');
  const applied = drops.length > 0 ? drops : effects;
  const fate = { droppedBy: drops[0]?.toxic.name, copies: 0, copyLater: false, delayMs: 0, places: 0, holdMs: 0 };
  for (const { toxic, ...figures } of applied) {
    journal.toxic(toxic).hit += 1;
    journal.hit(toxic, { ...note, ...figures });
    if (toxic.type === 'duplicate' && toxic.after === 'acknowledgement' && note.qos === 1) fate.copyLater = true;
    else if (toxic.type === 'duplicate') fate.copies += 1;
    fate.delayMs += figures.delayMs ?? 0;
    fate.places = Math.max(fate.places, figures.places ?? 0);
    if (toxic.type === 'reorder') fate.holdMs = Math.max(fate.holdMs, toxic.holdMs);
  }
  if (drops.length > 0) counters.dropped += 1;
  counters.duplicated += fate.copies + (fate.copyLater ? 1 : 0);
  if (fate.delayMs > 0) counters.delayed += 1;
  if (fate.places > 0) counters.reordered += 1;
  return fate;
}
