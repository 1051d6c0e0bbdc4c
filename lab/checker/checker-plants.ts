import type { Scenario } from './checker-model.ts';
import type { DeliveredMessage, History, PromiseKind } from './history.ts';
import type { Breach } from './verdict.ts';

/** A breach put into a history that had none. */
interface Planted {
  readonly history: History;
  /** Whom it befell. */
  readonly id: string;
}

interface Plant {
  readonly breach: Breach;
  readonly breaks: (promise: { kind: PromiseKind; ordered: boolean }) => boolean;
  /** Undefined where the history has nobody whom it could befall. */
  readonly into: (scenario: Scenario) => Planted | undefined;
}

const any = <T>(all: readonly T[], choice: number): T | undefined => all[choice % Math.max(1, all.length)];
const firstOnly = (delivered: readonly DeliveredMessage[]) =>
  delivered.filter(({ id }, place) => delivered.findIndex((other) => other.id === id) === place);

export const plants: Record<string, Plant> = {
  'one acknowledged message lost': {
    breach: 'lost',
    breaks: ({ kind }) => kind !== 'at-most-once',
    into: ({ history, choice }) => {
      const victim = any(
        history.sent.filter(({ acknowledged }) => acknowledged),
        choice,
      );
      if (!victim) return undefined;
      const delivered = history.delivered.filter(({ id }) => id !== victim.id);
      return { id: victim.id, history: { ...history, delivered } };
    },
  },
  'one message delivered twice': {
    breach: 'duplicated',
    breaks: ({ kind }) => kind !== 'at-least-once',
    into: ({ history, choice }) => {
      const victim = any(history.delivered, choice);
      if (!victim) return undefined;
      return { id: victim.id, history: { ...history, delivered: [...history.delivered, victim] } };
    },
  },
  'one delivery of what was never sent': {
    breach: 'phantom',
    breaks: () => true,
    into: ({ history, choice }) => {
      const delivered = history.delivered.toSpliced(choice % (history.delivered.length + 1), 0, {
        id: 'ghost',
        atMs: choice,
      });
      return { id: 'ghost', history: { ...history, delivered } };
    },
  },
  'two messages of one key swapped': {
    breach: 'out of order',
    breaks: ({ ordered }) => ordered,
    into: ({ history, choice }) => {
      const first = firstOnly(history.delivered);
      const pairs = first.flatMap((one, place) => {
        const other = first.slice(place + 1).find(({ key }) => key === one.key);
        return other ? [[one, other] as const] : [];
      });
      const pair = any(pairs, choice);
      if (!pair) return undefined;
      const delivered = history.delivered.map((delivery) => {
        if (delivery === pair[0]) return { ...delivery, id: pair[1].id };
        return delivery === pair[1] ? { ...delivery, id: pair[0].id } : delivery;
      });
      return { id: pair[0].id, history: { ...history, delivered } };
    },
  },
  'one message delivered under the key of another': {
    breach: 'wrong key',
    breaks: () => true,
    into: ({ history, choice }) => {
      const victim = any(history.delivered, choice);
      if (!victim) return undefined;
      const delivered = history.delivered.map((one) => (one === victim ? { ...one, key: 'somebody else' } : one));
      return { id: victim.id, history: { ...history, delivered } };
    },
  },
};
