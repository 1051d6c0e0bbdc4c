import { eventually } from '../../testing/eventually.ts';
import type { EventSource, TriggerEvent, TriggerLogger } from '../event-source.ts';
import { type MqttEventSourceInput, startMqttEventSource } from './mqtt-event-source.ts';
import { type MqttOptions, parseMqttOptions } from './options.ts';

interface LogLine {
  readonly level: keyof TriggerLogger;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** Options as a trigger would give them; throws what is wrong with them. */
export function mqttOptions(raw: Record<string, unknown>): MqttOptions {
  const parsed = parseMqttOptions(raw);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.options;
}

/** A logger that keeps its lines. */
export function recordingLogger(): TriggerLogger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: keyof TriggerLogger) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, message, fields });
    };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface TestSource {
  readonly source: EventSource;
  /** What the handler was given, in order. */
  readonly invocations: unknown[];
  readonly events: TriggerEvent[];
  readonly logger: ReturnType<typeof recordingLogger>;
  linesAt(level: keyof TriggerLogger): LogLine[];
  /** Records dropped for the reason, as the events tell. */
  dropped(reason: string): number;
  /** Waits until the handler was called so often. */
  invoked(count: number, deadlineMs?: number): Promise<void>;
  ready(deadlineMs?: number): Promise<void>;
  close(): Promise<void>;
}

export interface TestSourceSettings {
  readonly url: string;
  readonly options: Record<string, unknown>;
  readonly handler?: (event: unknown) => unknown;
  readonly timeoutMs?: number;
  readonly overrides?: Partial<MqttEventSourceInput>;
}

const FUNCTION_TIMEOUT_MS = 6_000;
const DEADLINE_MS = 30_000;

/** An event source whose handler records what it is given and then does what the test wants. */
export async function testSource(settings: TestSourceSettings): Promise<TestSource> {
  const { url, options, handler = () => undefined, timeoutMs = FUNCTION_TIMEOUT_MS, overrides } = settings;
  const logger = recordingLogger();
  const invocations: unknown[] = [];
  const events: TriggerEvent[] = [];
  const source = await startMqttEventSource({
    name: 'consume',
    url,
    options: mqttOptions(options),
    timeoutMs,
    invoke: async (event) => {
      invocations.push(event);
      return await handler(event);
    },
    logger,
    observe: (event) => events.push(event),
    ...overrides,
  });
  return {
    source,
    invocations,
    events,
    logger,
    linesAt: (level) => logger.lines.filter((line) => line.level === level),
    dropped: (reason) =>
      events.reduce(
        (sum, event) => (event.type === 'recordsDropped' && event.reason === reason ? sum + event.records : sum),
        0,
      ),
    invoked: (count, deadlineMs = DEADLINE_MS) =>
      eventually(`${count} invocations`, () => invocations.length >= count, deadlineMs).then(() => undefined),
    ready: (deadlineMs = DEADLINE_MS) =>
      eventually('the source to run', () => source.health().status === 'running', deadlineMs).then(() => undefined),
    close: () => source.stop({ deadlineMs: 2_000 }),
  };
}
