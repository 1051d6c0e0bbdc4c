import type { SuperStreamPublisherOptions } from '../../localstack/triggers/stream-publisher/super-stream-publisher.ts';

type StreamEvent = Parameters<NonNullable<SuperStreamPublisherOptions['onEvent']>>[0];

interface Link {
  up: boolean;
  /** The last publish that failed for want of the broker, if none was stored since. */
  failure?: { code: string; atMs: number };
}

/** Of one publish, not of the broker. */
const ITS_OWN: readonly string[] = [
  'message_too_large',
  'batch_too_large',
  'invalid_argument',
  'no_partition',
  'aborted',
];
/** A broker that takes nothing is found out by a publish only; after this, one is let try again. */
const FAILURE_COUNTS_MS = 5_000;

/** What a process's publishers last learned of their connections. No publish is made to find out. */
export interface PublisherLinks {
  observe(event: StreamEvent): void;
  /** A connection to this stream is wanted: until it stands there is trouble. */
  expect(stream: string): void;
  /** Why a record may not be taken now; undefined: nothing speaks against it. */
  trouble(nowMs: number): string | undefined;
  /** Resolves when every connection stands that is wanted, or at the time. */
  settled(limitMs: number): Promise<void>;
}

export function publisherLinks(): PublisherLinks {
  const links = new Map<string, Link>();
  let waiting: (() => void)[] = [];

  const linkTo = (stream: string): Link => {
    const link = links.get(stream) ?? { up: false };
    links.set(stream, link);
    return link;
  };
  const allUp = () => [...links.values()].every(({ up }) => up);

  return {
    observe(event) {
      const link = linkTo(event.stream);
      if (event.type === 'connected' || event.type === 'disconnected') link.up = event.type === 'connected';
      if (event.type === 'stored') delete link.failure;
      if (event.type === 'failed' && !ITS_OWN.includes(event.code))
        link.failure = { code: event.code, atMs: performance.now() };
      if (!allUp()) return;
      for (const wake of waiting) wake();
      waiting = [];
    },
    expect(stream) {
      linkTo(stream);
    },
    trouble(nowMs) {
      for (const [stream, { up, failure }] of links) {
        if (!up) return `no connection to ${stream}`;
        if (failure !== undefined && nowMs - failure.atMs < FAILURE_COUNTS_MS)
          return `the last publish to ${stream} failed: ${failure.code}`;
      }
      return undefined;
    },
    async settled(limitMs) {
      if (allUp()) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, limitMs);
        waiting.push(wake);
      });
    },
  };
}
