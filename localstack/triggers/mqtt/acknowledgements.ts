import { type Fifo, fifo } from '../fifo.ts';
import type { MachineRecord } from './machine-types.ts';

interface Entry<R> {
  readonly record: R;
  state: 'open' | 'due' | 'never';
}

/**
 * The acknowledgements that one connection owes, in the order in which its messages came: "The Client MUST send PUBACK
 * packets in the order in which the corresponding PUBLISH packets were received" (MQTT 5, 4.6 [MQTT-4.6.0-2]; the same
 * number in 3.1.1). One that is due waits for all before it, except those that are never acknowledged.
 */
export interface Acknowledgements<R extends MachineRecord> {
  owe(record: R): void;
  /** Returns what can now be acknowledged, in order. */
  due(id: number): readonly R[];
  never(id: number): readonly R[];
  /** The first that nothing has been said of yet; those behind it wait for it. */
  oldest(): R | undefined;
  /** Owed, whether due or not. */
  count(): number;
  /** The connection is gone, and what it owed with it. */
  clear(): void;
}

export function acknowledgements<R extends MachineRecord>(): Acknowledgements<R> {
  const order: Fifo<Entry<R>> = fifo();
  const byId = new Map<number, Entry<R>>();

  function mark(id: number, state: 'due' | 'never'): readonly R[] {
    const entry = byId.get(id);
    if (entry === undefined) return [];
    entry.state = state;
    byId.delete(id);
    const ready: R[] = [];
    for (let first = order.first(); first !== undefined && first.state !== 'open'; first = order.first()) {
      if (first.state === 'due') ready.push(first.record);
      order.shift();
    }
    return ready;
  }

  return {
    owe(record) {
      const entry: Entry<R> = { record, state: 'open' };
      order.push(entry);
      byId.set(record.id, entry);
    },
    due: (id) => mark(id, 'due'),
    never: (id) => mark(id, 'never'),
    oldest: () => order.first()?.record,
    count: () => order.length(),
    clear() {
      order.clear();
      byId.clear();
    },
  };
}
