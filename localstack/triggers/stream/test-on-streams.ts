import { afterEach } from 'vitest';
import { messages, type StreamEvent, type TestSource, testSource } from './test-source.ts';

interface Broker {
  readonly url: string;
  createStream(stream: string, args?: Record<string, string | number>): Promise<unknown>;
  publish(stream: string, contents: readonly Buffer[]): Promise<void>;
}

const STOP_TIMEOUT_MS = 60_000;

/** Streams of a test file, each with a name of its own, and event sources that are stopped after their test. */
export function onStreams(broker: () => Broker, { timeoutMs }: { readonly timeoutMs?: number } = {}) {
  let sources: TestSource[] = [];
  let names = 0;
  afterEach(async () => {
    await Promise.all(sources.map(({ source }) => source.stop({ deadlineMs: 0 })));
    sources = [];
  }, STOP_TIMEOUT_MS);

  const newName = () => {
    names += 1;
    return `s${names}`;
  };
  const newStreamWith = async (args?: Record<string, string | number>) => {
    const stream = newName();
    await broker().createStream(stream, args);
    return stream;
  };
  return {
    newName,
    newStreamWith,
    /** With these texts in it. */
    async newStream(...texts: readonly string[]): Promise<string> {
      const stream = await newStreamWith();
      if (texts.length > 0) await broker().publish(stream, messages(...texts));
      return stream;
    },
    async started(
      options: Record<string, unknown>,
      handler?: (event: StreamEvent) => unknown,
      overrides = {},
      url = broker().url,
    ): Promise<TestSource> {
      const limit = timeoutMs === undefined ? {} : { timeoutMs };
      const source = await testSource({ url, options, ...(handler ? { handler } : {}), ...limit, overrides });
      sources.push(source);
      return source;
    },
  };
}
