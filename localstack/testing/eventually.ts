import { setTimeout as sleep } from 'node:timers/promises';

/** Below vitest's limit of a test, which would not say what was waited for. */
const DEFAULT_DEADLINE_MS = 25_000;
const POLL_MS = 20;

/**
 * Waits until `check` returns something truthy and returns it.
 * @param what named in the error when the deadline passes: 'a notification for the event'
 */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false | null> | T | undefined | false | null,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`, { cause: lastError });
    await sleep(POLL_MS);
  }
}
