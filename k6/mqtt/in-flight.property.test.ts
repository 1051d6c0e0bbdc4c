import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InFlight, type MqttError } from './in-flight.ts';

const LIMIT = 3;
const TIMEOUT_MS = 10;

/** What a client and its broker may do: publish, acknowledge the n-th packet under way, let time pass. */
type Act = { act: 'start' } | { act: 'ack'; which: number } | { act: 'wait'; ms: number };
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constant({ act: 'start' as const }),
  fc.record({ act: fc.constant('ack' as const), which: fc.nat(LIMIT) }),
  fc.record({ act: fc.constant('wait' as const), ms: fc.nat(TIMEOUT_MS) }),
);

/** Plays the acts; the broker's side keeps the ids that it has been sent and has not acknowledged. */
async function play(acts: readonly Act[], inFlight: InFlight<string>) {
  const held: number[] = [];
  const outcomes: Promise<string>[] = [];
  let nowMs = 0;
  let most = 0;
  for (const one of acts) {
    if (one.act === 'start') {
      const sent = (packetId: number) => {
        expect(held, 'an id that the broker still holds').not.toContain(packetId);
        held.push(packetId);
      };
      outcomes.push(inFlight.start(sent, nowMs).catch((error: MqttError) => error.code));
    } else if (one.act === 'wait') {
      nowMs += one.ms;
      inFlight.expire(nowMs);
      await new Promise(setImmediate);
    } else {
      const [packetId] = held.splice(one.which, 1);
      if (packetId !== undefined) expect(inFlight.settle(packetId, 'acknowledged')).toBe(true);
    }
    most = Math.max(most, held.length);
  }
  inFlight.failAll(Object.assign(new Error('gone'), { code: 'connection_lost' }));
  return { most, outcomes: await Promise.all(outcomes) };
}

/** A mutant has to be found each time, so its histories are the same each time. */
const MUTANT_RUNS = { seed: 7, numRuns: 1_000 };

const checkLaws = (make: () => InFlight<string>, runs: { seed?: number; numRuns?: number } = {}) =>
  fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const { most, outcomes } = await play(acts, make());
      expect(most).toBeLessThanOrEqual(LIMIT);
      for (const outcome of outcomes)
        expect(['acknowledged', 'ack_timeout', 'not_sent', 'connection_lost']).toContain(outcome);
      expect(outcomes).toHaveLength(acts.filter((one) => one.act === 'start').length);
    }),
    runs,
  );

/** Gives the place of a packet to the next as soon as it has timed out, though the broker still holds it. */
class Forgetful extends InFlight<string> {
  override start(send: (packetId: number) => void, nowMs: number): Promise<string> {
    let sentAs: number | undefined;
    const outcome = super.start((packetId) => {
      sentAs = packetId;
      send(packetId);
    }, nowMs);
    outcome.catch(() => sentAs !== undefined && this.settle(sentAs, 'forgotten'));
    return outcome;
  }
}

/** Begins at 1 again after every acknowledgement. */
class SameIds extends InFlight<string> {
  override start(send: (packetId: number) => void, nowMs: number): Promise<string> {
    return super.start(() => send(1), nowMs);
  }
}

describe('packets under way', () => {
  test('are never more than the limit, never share an id, and each comes to one end', async () => {
    await checkLaws(() => new InFlight(LIMIT, TIMEOUT_MS));
  });

  test.each<[string, () => InFlight<string>]>([
    ['takes one more than the limit', () => new InFlight(LIMIT + 1, TIMEOUT_MS)],
    ['forgets what has timed out', () => new Forgetful(LIMIT, TIMEOUT_MS)],
    ['shares an id', () => new SameIds(LIMIT, TIMEOUT_MS)],
  ])('one that %s is found', async (_, make) => {
    await expect(checkLaws(make, MUTANT_RUNS)).rejects.toThrow('Property failed');
  });

  test('keep their ids after a time-out, until the acknowledgement does come', async () => {
    const inFlight = new InFlight<string>(1, TIMEOUT_MS);
    const ids: number[] = [];
    const start = (nowMs: number) =>
      inFlight.start((id) => ids.push(id), nowMs).catch((error: MqttError) => error.code);
    const [first, second] = [start(0), start(5)];
    inFlight.expire(TIMEOUT_MS);
    expect(await first).toBe('ack_timeout');
    expect(ids).toEqual([1]);
    inFlight.settle(1, 'late');
    expect(ids).toEqual([1, 2]);
    inFlight.settle(2, 'acknowledged');
    expect(await second).toBe('acknowledged');
    expect(inFlight.settle(9, 'of nothing')).toBe(false);
  });

  test('ids begin again behind the last one, and pass over those that are held', () => {
    const inFlight = new InFlight<string>(10, TIMEOUT_MS);
    const ids: number[] = [];
    const start = () => void inFlight.start((id) => ids.push(id), 0);
    start();
    for (let turn = 0; turn < 65_534; turn++) {
      start();
      inFlight.settle(ids.at(-1) ?? 0, 'acknowledged');
    }
    start();
    expect(ids.slice(-2)).toEqual([65_535, 2]);
  });

  test('a packet that cannot be sent gives its place back', async () => {
    const inFlight = new InFlight<string>(1, TIMEOUT_MS);
    const failing = () => {
      throw new Error('the socket is closed');
    };
    await expect(inFlight.start(failing, 0)).rejects.toThrow('the socket is closed');
    const sent: number[] = [];
    void inFlight.start((id) => sent.push(id), 0);
    expect(sent).toHaveLength(1);
  });
});
