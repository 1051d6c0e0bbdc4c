import { eventually } from '../../testing/eventually.ts';
import type { EventSource, TriggerEvent } from '../event-source.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { type RecordingLogger, recordingLogger } from '../test-logger.ts';
import type { EventCheckpoint, StreamEventRecord } from './event.ts';
import { parseRabbitmqStreamOptions, type RabbitmqStreamOptions } from './options.ts';
import { type RabbitmqStreamEventSourceInput, startRabbitmqStreamEventSource } from './rabbitmq-stream-event-source.ts';

export interface StreamEvent {
  readonly Records: readonly StreamEventRecord[];
  readonly checkpoint?: EventCheckpoint;
}

/** Options as a trigger would give them; throws what is wrong with them. */
export function streamOptions(raw: Record<string, unknown>): RabbitmqStreamOptions {
  const parsed = parseRabbitmqStreamOptions({ startingPosition: 'TRIM_HORIZON', ...raw });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.options;
}

/** The text that a record carries. */
export const textOf = ({ kinesis }: StreamEventRecord): string => Buffer.from(kinesis.data, 'base64').toString();
const textsOf = ({ Records }: StreamEvent): string[] => Records.map(textOf);
/** Messages with these texts. */
export const messages = (...texts: readonly string[]): Buffer[] =>
  texts.map((text) => encodeMessage({ content: Buffer.from(text) }));
/** `from`, `from + 1`, … `to − 1`. */
export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

export interface TestSource {
  readonly source: EventSource;
  /** What the handler was given, in order. */
  readonly invocations: StreamEvent[];
  readonly events: TriggerEvent[];
  readonly logger: RecordingLogger;
  texts(): string[];
  /** Waits until the handler was given so many records. */
  handled(count: number, deadlineMs?: number): Promise<void>;
  /** Waits until it is the active consumer of so many partitions. */
  active(partitions: number, deadlineMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface TestSourceSettings {
  readonly url: string;
  readonly options: Record<string, unknown>;
  readonly handler?: (event: StreamEvent) => unknown;
  readonly timeoutMs?: number;
  readonly overrides?: Partial<RabbitmqStreamEventSourceInput>;
}

const FUNCTION_TIMEOUT_MS = 6_000;
const DEADLINE_MS = 60_000;

/** An event source whose handler records what it is given and then does what the test wants. */
export async function testSource(settings: TestSourceSettings): Promise<TestSource> {
  const { url, options, handler = () => undefined, timeoutMs = FUNCTION_TIMEOUT_MS, overrides } = settings;
  const logger = recordingLogger();
  const invocations: StreamEvent[] = [];
  const events: TriggerEvent[] = [];
  const source = await startRabbitmqStreamEventSource({
    name: 'consume',
    url,
    options: streamOptions(options),
    timeoutMs,
    invoke: async (event) => {
      const given = event as StreamEvent;
      invocations.push(given);
      return await handler(given);
    },
    logger,
    observe: (event) => events.push(event),
    ...overrides,
  });
  const texts = () => invocations.flatMap(textsOf);
  return {
    source,
    invocations,
    events,
    logger,
    texts,
    handled: async (count, deadlineMs = DEADLINE_MS) =>
      void (await eventually(`${count} records`, () => texts().length >= count, deadlineMs)),
    active: async (partitions, deadlineMs = DEADLINE_MS) =>
      void (await eventually(
        `${partitions} partitions`,
        () => source.health().partitions?.length === partitions,
        deadlineMs,
      )),
    stop: () => source.stop(),
  };
}
