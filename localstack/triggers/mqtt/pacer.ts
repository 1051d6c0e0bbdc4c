import { TURN_BUDGET_MS } from './tuning.ts';

/**
 * Runs what it is given at once, in order, but for no longer than the budget in one turn of the event loop: the rest
 * goes on in the next. A chain of promises or ticks would otherwise keep timers and sockets waiting until it ends.
 */
export function pacer(budgetMs = TURN_BUDGET_MS): (run: () => void) => void {
  let turnStartedMs: number | undefined;
  let late: (() => void)[] = [];
  let lateAt = 0;

  function isSpent(): boolean {
    const nowMs = performance.now();
    if (turnStartedMs === undefined) {
      turnStartedMs = nowMs;
      setImmediate(nextTurn);
      return false;
    }
    return nowMs - turnStartedMs >= budgetMs;
  }

  function nextTurn(): void {
    turnStartedMs = undefined;
    while (lateAt < late.length && !isSpent()) {
      const run = late[lateAt];
      lateAt += 1;
      run?.();
    }
    if (lateAt >= late.length) {
      late = [];
      lateAt = 0;
    }
  }

  return (run) => {
    if (late.length > 0 || isSpent()) late.push(run);
    else run();
  };
}
