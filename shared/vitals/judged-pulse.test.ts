import { expect, test } from 'vitest';
import { readTopology } from '../topology/read-topology.ts';
import { judgedPulse, pulseForwarder } from './judged-pulse.ts';

function forwarder(publish: () => Promise<void> = async () => undefined) {
  const sent: unknown[] = [];
  const clock = { nowMs: Date.parse('2026-11-01T10:00:00Z') };
  const forward = pulseForwarder({
    topology: readTopology(),
    async publish({ value }) {
      sent.push(value);
      await publish();
    },
    nowMs: () => clock.nowMs,
  });
  return { forward, sent, clock };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a pulse that was judged goes on to the same wards, one a second', async () => {
  const { forward, sent, clock } = forwarder();
  for (let times = 0; times < 5; times += 1) {
    forward('evaluate-vitals/vitals-w1', clock.nowMs - 300);
    await turn();
  }
  expect(sent.map((value) => judgedPulse.parse(value))).toEqual([
    { pulse: '2026-11-01T09:59:59.700Z', judgedAt: '2026-11-01T10:00:00.000Z', ward: expect.stringMatching(/^icu-/) },
  ]);
  clock.nowMs += 1_000;
  forward('evaluate-vitals/vitals-w1', clock.nowMs);
  expect(sent).toHaveLength(2);
});

test('a stream that takes nothing costs nobody anything, and is tried again', async () => {
  const { forward, sent, clock } = forwarder(() => Promise.reject(new Error('away')));
  forward('evaluate-vitals/vitals-w0', clock.nowMs);
  await turn();
  clock.nowMs += 1_000;
  forward('evaluate-vitals/vitals-w0', clock.nowMs);
  await turn();
  expect(sent).toHaveLength(2);
});

test('a publish that hangs is not joined by another; a partition that nobody knows has none', () => {
  const { forward, sent, clock } = forwarder(() => new Promise(() => undefined));
  forward('evaluate-vitals/vitals-w0', clock.nowMs);
  clock.nowMs += 5_000;
  forward('evaluate-vitals/vitals-w0', clock.nowMs);
  forward('evaluate-vitals/elsewhere', clock.nowMs);
  expect(sent).toHaveLength(1);
});
