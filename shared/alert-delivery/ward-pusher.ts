import { stationTopic, type WardSnapshot } from '../alert-desk/alert-item.ts';
import { TransientError } from '../errors.ts';
import { reach } from './delivery-steps.ts';

export interface PusherParts {
  /** Of one moment: revision and alerts agree. */
  snapshotOf(ward: string): Promise<WardSnapshot>;
  /** Resolves when the broker holds it. */
  publish(topic: string, snapshot: WardSnapshot): Promise<void>;
  /** Notes that this revision was published; the ward's revision now. */
  published(ward: string, revision: number): Promise<number>;
  nowMs(): number;
}

export interface WardPusher {
  /**
   * Resolves when what the broker retains of the ward is at least as new as the call. Calls while one is at work are one push.
   * @throws TransientError `ward_changing`: it changed for longer than a function may take
   */
  push(ward: string): Promise<void>;
}

/** Below the function's time. */
const ROUNDS_WITHIN_MS = 5_000;

/**
 * Keeps what is retained of each ward at its newest revision, with any number of processes at it and no lock between them. Each
 * looks at the revision again after its own publish: had another one published a later revision before, and this one's put it
 * back, it sees the later one now and publishes once more. Whoever dies before that look has its message come again.
 */
export function createWardPusher(parts: PusherParts): WardPusher {
  const running = new Map<string, { readonly now: Promise<void>; next: Promise<void> | undefined }>();

  async function untilNewest(ward: string): Promise<void> {
    const untilMs = parts.nowMs() + ROUNDS_WITHIN_MS;
    for (;;) {
      const snapshot = await parts.snapshotOf(ward);
      reach('ward: snapshot read');
      await parts.publish(stationTopic(ward, 'alerts'), snapshot);
      reach('ward: published');
      const revision = await parts.published(ward, snapshot.revision);
      reach('ward: marked');
      if (revision <= snapshot.revision) return;
      if (parts.nowMs() > untilMs) throw new TransientError('ward_changing', `Ward ${ward} changes without a pause.`);
    }
  }

  function begin(ward: string): Promise<void> {
    const now = untilNewest(ward).finally(() => {
      if (running.get(ward)?.now === now) running.delete(ward);
    });
    running.set(ward, { now, next: undefined });
    return now;
  }

  return {
    push(ward) {
      const turn = running.get(ward);
      if (turn === undefined) return begin(ward);
      // What is at work may have read the ward already.
      turn.next ??= turn.now.catch(() => undefined).then(() => begin(ward));
      return turn.next;
    },
  };
}
