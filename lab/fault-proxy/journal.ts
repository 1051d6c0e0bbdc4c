import type { Direction, Toxic } from './toxics.ts';

/** PUBLISH packets of one direction. One that is hit in several ways is counted in each. */
interface DirectionCounters {
  /** Handed to the other side, a duplicated one once. */
  passed: number;
  dropped: number;
  /** Copies added. */
  duplicated: number;
  delayed: number;
  reordered: number;
  /** Passed whole, without toxics: too large, malformed, or of a protocol unknown. */
  unexamined: number;
}

interface ToxicCounters {
  readonly name: string;
  readonly type: Toxic['type'];
  readonly direction: Direction;
  /** PUBLISH packets that it decided on; of a flap, how often the link went down. */
  seen: number;
  /** PUBLISH packets that it hit; of a flap, connections cut. */
  hit: number;
}

/** One PUBLISH hit by one toxic. */
interface Hit {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly toxic: string;
  readonly type: Toxic['type'];
  readonly direction: Direction;
  readonly identity: string;
  /** The how manieth time the toxic saw this identity. */
  readonly occurrence: number;
  readonly qos: 0 | 1 | 2;
  readonly clientId: string;
  /** Of a delay: how long. */
  readonly delayMs?: number;
  /** Of a reorder: how many may overtake it. */
  readonly places?: number;
}

export interface JournalCounters {
  readonly seed: number;
  /** When counting began: the start, or the last time the journal was cleared. */
  readonly since: string;
  readonly downstream: Readonly<DirectionCounters>;
  readonly upstream: Readonly<DirectionCounters>;
  /** Connections cut by toxics, and refused while the link was down. */
  readonly cuts: number;
  readonly refused: number;
  /** Of each toxic that met something since. */
  readonly toxics: readonly Readonly<ToxicCounters>[];
}

export interface Journal extends JournalCounters {
  /** In the order of time, the first ones only. */
  readonly hits: readonly Hit[];
  /** How many more there were. */
  readonly hitsNotListed: number;
}

export type HitNote = Omit<Hit, 'at' | 'toxic' | 'type' | 'direction'>;

export interface JournalWriter {
  readonly downstream: DirectionCounters;
  readonly upstream: DirectionCounters;
  /** Of this toxic since the journal was cleared. */
  toxic(toxic: Toxic): ToxicCounters;
  /** Lists it; the counters are the caller's. */
  hit(toxic: Toxic, note: HitNote): void;
  cut(): void;
  refused(): void;
  counters(): JournalCounters;
  read(): Journal;
  clear(): void;
}

type StoredHit = Omit<Hit, 'at'> & { readonly atMs: number };

const zero = (): DirectionCounters => ({
  passed: 0,
  dropped: 0,
  duplicated: 0,
  delayed: 0,
  reordered: 0,
  unexamined: 0,
});

/** @param mostHits listed; further ones are only counted */
export function createJournal(seed: number, mostHits: number): JournalWriter {
  const downstream = zero();
  const upstream = zero();
  const toxics = new Map<string, ToxicCounters>();
  let since = new Date();
  let hits: StoredHit[] = [];
  let hitsNotListed = 0;
  let cuts = 0;
  let refused = 0;

  const counters = (): JournalCounters => ({
    seed,
    since: since.toISOString(),
    downstream: { ...downstream },
    upstream: { ...upstream },
    cuts,
    refused,
    toxics: [...toxics.values()].map((one) => ({ ...one })),
  });

  return {
    downstream,
    upstream,
    toxic({ name, type, direction }) {
      const known = toxics.get(name);
      if (known?.type === type && known.direction === direction) return known;
      const fresh = { name, type, direction, seen: 0, hit: 0 };
      toxics.set(name, fresh);
      return fresh;
    },
    hit({ name, type, direction }, note) {
      if (hits.length >= mostHits) hitsNotListed += 1;
      else hits.push({ ...note, toxic: name, type, direction, atMs: Date.now() });
    },
    cut() {
      cuts += 1;
    },
    refused() {
      refused += 1;
    },
    counters,
    read: () => ({
      ...counters(),
      hits: hits.map(({ atMs, ...hit }) => ({ at: new Date(atMs).toISOString(), ...hit })),
      hitsNotListed,
    }),
    clear() {
      Object.assign(downstream, zero());
      Object.assign(upstream, zero());
      toxics.clear();
      since = new Date();
      hits = [];
      hitsNotListed = 0;
      cuts = 0;
      refused = 0;
    },
  };
}
