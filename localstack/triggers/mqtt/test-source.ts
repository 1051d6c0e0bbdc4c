import type { IClientPublishOptions, MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { EventSource, TriggerEvent, TriggerLogger } from '../event-source.ts';
import { type LogLine, type RecordingLogger, recordingLogger } from '../test-logger.ts';
import { type MqttEventSourceInput, startMqttEventSource } from './mqtt-event-source.ts';
import { type MqttOptions, parseMqttOptions } from './options.ts';
import { BOOT_TIMEOUT_MS, type TestBroker, testBroker } from './test-broker.ts';

export { recordingLogger } from '../test-logger.ts';

/** Options as a trigger would give them; throws what is wrong with them. */
export function mqttOptions(raw: Record<string, unknown>): MqttOptions {
  const parsed = parseMqttOptions(raw);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.options;
}

export interface TestSource {
  readonly source: EventSource;
  /** What the handler was given, in order. */
  readonly invocations: unknown[];
  readonly events: TriggerEvent[];
  readonly logger: RecordingLogger;
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

interface Closable {
  close(): Promise<void>;
}

/** What the tests of a file do with its broker. */
interface SourcesOnBroker {
  broker(): TestBroker;
  /** Starts the broker after a `stop`, and connects to it anew for publishing. */
  startBroker(): Promise<void>;
  /** The first level of all topics of this test. */
  base(): string;
  /** Closes it after the test, before what was kept earlier. */
  keep<T extends Closable>(making: Promise<T>): Promise<T>;
  /** A source of all topics of the test at QoS 1, unless told otherwise; closed after the test. */
  opened(settings?: Partial<TestSourceSettings>): Promise<TestSource>;
  /** The same, once it runs. */
  started(settings?: Partial<TestSourceSettings>): Promise<TestSource>;
  /** At QoS 1, unless told otherwise, to `<base>/a`. */
  publish(payload: string | Buffer, options?: IClientPublishOptions, topic?: string): Promise<unknown>;
  publishNumbers(count: number, from?: number): Promise<unknown>;
  /** Options of a session of the test's own. Acknowledged means: a later connection of it is sent only what comes after. */
  kept(): { readonly clientId: string; readonly sessionExpiry: number };
}

const SESSION_EXPIRY_S = 600;

export const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Declares the hooks of a test file with a RabbitMQ of its own. `prefix` begins its topics and client ids. */
export function sourcesOnBroker(prefix: string): SourcesOnBroker {
  let broker: TestBroker;
  let publisher: MqttClient;
  let open: Closable[] = [];
  let base: string;
  let tests = 0;

  beforeAll(async () => {
    broker = await testBroker();
    publisher = await broker.client();
  }, BOOT_TIMEOUT_MS);
  beforeEach(() => {
    tests += 1;
    base = `${prefix}${tests}`;
  });
  afterEach(async () => {
    // Sources first, then what they are connected to.
    for (const part of open.toReversed()) await part.close();
    open = [];
  });
  afterAll(() => broker?.close(), BOOT_TIMEOUT_MS);

  async function keep<T extends Closable>(making: Promise<T>): Promise<T> {
    const made = await making;
    open.push(made);
    return made;
  }
  const opened: SourcesOnBroker['opened'] = (settings = {}) =>
    keep(testSource({ url: broker.url, ...settings, options: { topic: `${base}/#`, qos: 1, ...settings.options } }));
  const publish: SourcesOnBroker['publish'] = (payload, options = {}, topic = `${base}/a`) =>
    publisher.publishAsync(topic, payload, { qos: 1, ...options });
  return {
    broker: () => broker,
    async startBroker() {
      await broker.start();
      publisher = await broker.client();
    },
    base: () => base,
    keep,
    opened,
    async started(settings) {
      const source = await opened(settings);
      await source.ready();
      return source;
    },
    publish,
    publishNumbers: (count, from = 0) => Promise.all(numbers(count).map((n) => publish(String(n + from)))),
    kept: () => ({ clientId: base, sessionExpiry: SESSION_EXPIRY_S }),
  };
}
