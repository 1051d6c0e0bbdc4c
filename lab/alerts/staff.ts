import { createHash, randomUUID } from 'node:crypto';
import type { AlertItem } from '../../shared/alert-desk/alert-item.ts';

/** Nurses who see to alerts as they come. */
export interface Staff {
  look(alerts: readonly AlertItem[]): void;
  /** Acknowledgements that were answered 200: alert and version. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Statuses of what was refused; 412 and 409 are part of a ward's day. */
  readonly refused: ReadonlyMap<number, number>;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

/** One in so many alerts is answered; the others are left to the clock. */
const ANSWERED_ONE_IN = 3;
/** A walk across the room. */
const AFTER_MS = 1_500;
const TRIES = 5;
const TRY_AGAIN_MS = 500;
const TIMEOUT_MS = 5_000;
const OK = 200;

export function startStaff(http: string, token: string): Staff {
  const acknowledged = new Map<string, number>();
  const refused = new Map<number, number>();
  const begun = new Set<string>();
  const underway = new Set<Promise<void>>();
  let isOver = false;

  async function acknowledge({ alertId, version }: AlertItem): Promise<void> {
    const key = randomUUID();
    await pause(AFTER_MS);
    for (let tries = 1; tries <= TRIES; tries += 1) {
      try {
        const answer = await fetch(`${http}/alerts/${alertId}/acknowledge`, {
          method: 'POST',
          // The same intention each time: whatever became of the first, it counts once.
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            'if-match': `"${version}"`,
            'idempotency-key': key,
          },
          body: '{}',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const body = (await answer.json()) as { version?: number };
        if (answer.status === OK && body.version !== undefined) acknowledged.set(alertId, body.version);
        else refused.set(answer.status, (refused.get(answer.status) ?? 0) + 1);
        if (answer.status < 500) return;
      } catch {
        // No answer: it is said again.
      }
      await pause(TRY_AGAIN_MS);
    }
  }

  return {
    look(alerts) {
      if (isOver) return;
      for (const alert of alerts) {
        if (begun.has(alert.alertId) || alert.status !== 'active' || !isOurs(alert.alertId)) continue;
        begun.add(alert.alertId);
        const work = acknowledge(alert).finally(() => underway.delete(work));
        underway.add(work);
      }
    },
    acknowledged,
    refused,
    async stop() {
      isOver = true;
      await Promise.all(underway);
    },
  };
}

const isOurs = (alertId: string) => (createHash('sha256').update(alertId).digest()[0] ?? 0) % ANSWERED_ONE_IN === 0;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
