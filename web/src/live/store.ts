/** A state outside of React, changed by batches of messages. */
export interface Store<State, Message> {
  get(): State;
  post(message: Message): void;
  subscribe(listener: () => void): () => void;
}

/**
 * At 40 beds some hundred messages come in a second: together, ten times a second, they cost a tenth. By a timer, not by
 * animation frames: in a window behind another there are none, and an alert is to be heard there, too.
 */
const BATCH_MS = 100;

export function createStore<State, Message>(
  initial: State,
  take: (state: State, messages: readonly Message[]) => State,
): Store<State, Message> {
  let state = initial;
  let waiting: Message[] = [];
  const listeners = new Set<() => void>();
  const flush = () => {
    const messages = waiting;
    waiting = [];
    const after = take(state, messages);
    if (after === state) return;
    state = after;
    for (const listener of listeners) listener();
  };
  return {
    get: () => state,
    post(message) {
      waiting.push(message);
      if (waiting.length === 1) setTimeout(flush, BATCH_MS);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
