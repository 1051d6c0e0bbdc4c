/** The three ways by which the station learns of its ward, each with what was last heard of it (epoch ms, our clock). */
export interface LinkState {
  /** The connection to the broker, which readings and alerts come by. */
  readonly broker: 'connecting' | 'open' | 'closed';
  /** Since when it has been like that. */
  readonly brokerSinceMs: number;
  /** Why it was refused, in words. */
  readonly refusal: string | undefined;
  /** Until when the way from reading to station was open, as its far end says; undefined: it has said nothing. */
  readonly heartbeatMs: number | undefined;
  /** Since when HTTP requests have failed; undefined: they do not. */
  readonly httpAwaySinceMs: number | undefined;
}

export type LinkMessage =
  | { readonly type: 'broker'; readonly is: LinkState['broker']; readonly atMs: number; readonly refusal?: string }
  | { readonly type: 'heartbeat'; readonly atMs: number }
  | { readonly type: 'http'; readonly isThere: boolean; readonly atMs: number };

export const NO_LINK: LinkState = {
  broker: 'connecting',
  brokerSinceMs: 0,
  refusal: undefined,
  heartbeatMs: undefined,
  httpAwaySinceMs: undefined,
};

export function takeLink(before: LinkState, message: LinkMessage): LinkState {
  switch (message.type) {
    case 'broker': {
      const { is, atMs, refusal } = message;
      const brokerSinceMs = is === before.broker && before.brokerSinceMs > 0 ? before.brokerSinceMs : atMs;
      return { ...before, broker: is, brokerSinceMs, refusal: is === 'open' ? undefined : (refusal ?? before.refusal) };
    }
    case 'heartbeat':
      return { ...before, heartbeatMs: Math.max(message.atMs, before.heartbeatMs ?? 0) };
    case 'http':
      if (message.isThere) {
        return before.httpAwaySinceMs === undefined ? before : { ...before, httpAwaySinceMs: undefined };
      }
      return before.httpAwaySinceMs === undefined ? { ...before, httpAwaySinceMs: message.atMs } : before;
  }
}

export type LinkFault =
  | { readonly fault: 'broker'; readonly sinceMs: number; readonly refusal: string | undefined }
  | { readonly fault: 'heartbeat'; readonly sinceMs: number }
  | { readonly fault: 'http'; readonly sinceMs: number };

/** The far end speaks every five seconds: three in a row are missed. */
const HEARTBEAT_MISSED_MS = 15_000;
/** A first connection takes less; until then there is nothing to be lost. */
const CONNECTING_MS = 3_000;

/** What is wrong with the ways, the worst first. */
export function linkFaults(link: LinkState, nowMs: number): readonly LinkFault[] {
  const { broker, brokerSinceMs, refusal, heartbeatMs, httpAwaySinceMs } = link;
  const faults: LinkFault[] = [];
  const isStarting = broker === 'connecting' && nowMs - brokerSinceMs < CONNECTING_MS;
  if (broker !== 'open' && !isStarting) faults.push({ fault: 'broker', sinceMs: brokerSinceMs, refusal });
  if (broker === 'open') {
    // One that has just connected waits as long as for any other.
    const lastMs = Math.max(heartbeatMs ?? 0, brokerSinceMs);
    if (nowMs - lastMs > HEARTBEAT_MISSED_MS) {
      faults.push({ fault: 'heartbeat', sinceMs: heartbeatMs ?? brokerSinceMs });
    }
  }
  if (httpAwaySinceMs !== undefined) faults.push({ fault: 'http', sinceMs: httpAwaySinceMs });
  return faults;
}

/** Whether what is shown may be older than it looks. */
export const isBlind = (link: LinkState, nowMs: number): boolean =>
  linkFaults(link, nowMs).some(({ fault }) => fault !== 'http');
