import { type Checkpoints, NOBODY, type Ownership } from './checkpoint-store.ts';

/** A partition's checkpoint as this worker knows it, whoever stores it. */
export interface KeptCheckpoint {
  /** NOBODY's while another worker is the active consumer. */
  owner(): Ownership;
  begin(ownership: Ownership): void;
  end(): void;
  /** All below it is done. Stores it, where that is the trigger's part. @throws where it is not known to be stored */
  reached(held: Ownership, position: bigint): Promise<void>;
  /** Asks the store whether the epoch still holds, and moves nothing. @throws `said` where there is nothing to ask with */
  prove(held: Ownership, said: unknown): Promise<void>;
  /** What was last stored or read here. */
  stored(): bigint | undefined;
  /** Up to where all is done: the stored position, or past it where only the handler knows what it has stored. */
  handled(): bigint | undefined;
}

export function keptCheckpoint(stream: string, checkpoints: Checkpoints): KeptCheckpoint {
  let owner: Ownership = NOBODY;
  let stored: bigint | undefined;
  let handled: bigint | undefined;
  return {
    owner: () => owner,
    begin(ownership) {
      owner = ownership;
      stored = owner.position ?? stored;
      handled = stored;
    },
    end() {
      owner = NOBODY;
    },
    async reached(held, position) {
      // Stored here, it would pass what the handler has in memory alone.
      if (!checkpoints.byHandler) await checkpoints.save(stream, held, position);
      if (held !== owner) return;
      handled = position;
      if (!checkpoints.byHandler) stored = position;
    },
    async prove(held, said) {
      if (stored === undefined) throw said;
      await checkpoints.save(stream, held, stored);
    },
    stored: () => stored,
    handled: () => handled,
  };
}
