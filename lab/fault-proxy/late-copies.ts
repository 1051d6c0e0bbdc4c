/** Copies of one direction's packets that wait until their original is acknowledged. */
export interface LateCopies<Packet> {
  keep(packetId: number, copy: Packet): void;
  /** The receiver has acknowledged: from now on the id is free, and the copy a message of its own. */
  acknowledged(packetId: number): void;
  /** Those that go before a packet with this id: all but the one of the same id, which would be taken for it. */
  due(packetId: number | undefined): Packet[];
}

/** @param capacity above it the copy that has waited longest is forgotten */
export function createLateCopies<Packet>(capacity: number): LateCopies<Packet> {
  const waiting = new Map<number, Packet>();
  const ready = new Map<number, Packet>();
  return {
    keep(packetId, copy) {
      waiting.delete(packetId);
      waiting.set(packetId, copy);
      const [longest] = waiting.keys();
      if (waiting.size > capacity && longest !== undefined) waiting.delete(longest);
    },
    acknowledged(packetId) {
      const copy = waiting.get(packetId);
      if (copy === undefined) return;
      waiting.delete(packetId);
      ready.set(packetId, copy);
    },
    due(packetId) {
      const due = [...ready].filter(([id]) => id !== packetId);
      for (const [id] of due) ready.delete(id);
      return due.map(([, copy]) => copy);
    },
  };
}
