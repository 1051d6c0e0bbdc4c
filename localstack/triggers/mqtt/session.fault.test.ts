import { describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { numbers, sourcesOnBroker, type TestSource } from './test-source.ts';

const TEST_TIMEOUT_MS = 120_000;
/** For a broker that was restarted beside other tests. */
const BACK_DEADLINE_MS = 60_000;

const { broker, startBroker, base, started, publish, kept } = sourcesOnBroker('s');

describe('a stop whose deadline passes', () => {
  const SENT = 8;
  /** Two attempts begin: one fails for now and waits for its next, the other hangs; the others wait behind it. */
  async function stoppedAtWork(options: object): Promise<TestSource> {
    const source = await started({
      options: { maximumConcurrency: 1, retryDelay: { minimum: 600, maximum: 3_600 }, ...options },
      handler: (n) => {
        if (n === 0) throw new Error('not now');
        return new Promise(() => undefined);
      },
    });
    for (const n of numbers(SENT)) await publish(String(n));
    await source.invoked(2);
    await eventually('the rest to wait', () => source.source.health().recordsWaiting === SENT - 1);
    await source.source.stop({ deadlineMs: 200 });
    expect(source.invocations).toEqual([0, 1]);
    return source;
  }
  const stopLine = (source: TestSource) =>
    source.logger.lines.find(({ message }) => message.startsWith('event source stopped'));

  test.each([5, 4])(
    'without a session: what was not begun is counted, the rest a warning; protocol version %i',
    async (protocolVersion) => {
      const source = await stoppedAtWork({ protocolVersion });
      expect(source.dropped('stopped')).toBe(SENT - 2);
      expect(stopLine(source)).toMatchObject({ level: 'warn', fields: { unacknowledged: 0, unfinished: 2 } });
    },
  );
  test('with a session that is kept nothing is dropped, and all of it comes again', async () => {
    const source = await stoppedAtWork(kept());
    expect(source.dropped('stopped')).toBe(0);
    expect(stopLine(source)).toMatchObject({ level: 'info', fields: { unacknowledged: SENT } });
    const again = await started({ options: kept() });
    await again.invoked(SENT);
    expect(new Set(again.invocations)).toEqual(new Set(numbers(SENT)));
  });
});

// RabbitMQ has them only for a filter without wildcards.
describe('a retained message', () => {
  /** What a second process with the same options is given of a message that the first has had. */
  async function givenAgain(asked: object): Promise<unknown[]> {
    const options = { topic: `${base()}/a`, ...asked };
    await publish('"retained"', { retain: true });
    const first = await started({ options });
    await first.invoked(1);
    await first.source.stop();
    const second = await started({ options });
    await publish('"fresh"');
    await eventually('the fresh message', () => second.invocations.includes('fresh'));
    await second.source.stop();
    await publish('', { retain: true });
    return second.invocations;
  }
  test.each([0, 1])('comes once to a session that is kept, at QoS %i', async (qos) => {
    expect(await givenAgain({ ...kept(), qos })).toEqual(['fresh']);
  });
  test.each([
    ['MQTT 3.1.1', () => ({ ...kept(), protocolVersion: 4 })],
    ['a session that is not kept', () => ({})],
  ])('comes with each subscription: %s', async (_name, options) => {
    expect(await givenAgain(options())).toEqual(['retained', 'fresh']);
  });
  test(
    'comes once to a session that is kept over a restart of the broker',
    async () => {
      await publish('"retained"', { retain: true });
      const source = await started({ options: { topic: `${base()}/a`, ...kept(), qos: 0 } });
      await source.invoked(1);
      await broker().stop();
      await eventually('the outage', () => source.source.health().status === 'reconnecting', BACK_DEADLINE_MS);
      await startBroker();
      await source.ready(BACK_DEADLINE_MS);
      await publish('"fresh"');
      await source.invoked(2);
      expect(source.invocations).toEqual(['retained', 'fresh']);
    },
    TEST_TIMEOUT_MS,
  );
});

test("RabbitMQ takes '*' for '+' and '.' for '/', and the source says so", async () => {
  const source = await started({ options: { topic: `${base()}/*/1.2` } });
  await publish('"slash"', {}, `${base()}/bed/1/2`);
  await publish('"dot"', {}, `${base()}/bed/1.2`);
  await source.invoked(2);
  expect(source.linesAt('warn')).toHaveLength(1);
});
