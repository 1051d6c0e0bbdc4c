import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { obtainK6 } from '../../localstack/setup/obtain-go-tool.ts';
import { terminalProgress } from '../../localstack/setup/progress.ts';
import { createK6Recorder, readK6 } from './k6-recorder.ts';
import { createMeasurements } from './measurements.ts';
import { metricLine, pointLine } from './testing/k6-lines.ts';

const T0 = Date.UTC(2026, 0, 31, 12);

function recorded(text: string, wanted: string[] = ['http_req_duration']) {
  const recorder = createK6Recorder({ wanted });
  recorder.push(Buffer.from(text));
  recorder.end();
  return recorder;
}
const sentPoint = (id: string, atMs: number, phase?: string) =>
  pointLine({
    metric: 'producer_sent_msgs',
    atMs,
    value: 1,
    tags: phase ? { phase } : {},
    metadata: { eventId: id, patientId: 'p1', text: 'VT <at> 00:01:02 💓' },
  });
const acked = (id: string, atMs: number) =>
  pointLine({ metric: 'producer_acked_msgs', atMs, value: 1, tags: { eventId: id } });

describe('lines', () => {
  test('of metrics that nobody wants are skipped, garbage is counted and shown', () => {
    const recorder = recorded(
      `${metricLine('http_req_duration', 'trend')}\n{"metric":"vus","type":"Point" broken, but nobody wants it\nWARN hello\n` +
        `${pointLine({ metric: 'http_req_duration', atMs: T0, value: 5 })}{"metric":"http_req_duration","type":"Point"}\n` +
        `{"type":"Point","data":{"time":"${new Date(T0).toISOString()}","value":7,"tags":null},"metric":"http_req_duration"}\r\n`,
    );
    expect(recorder.lines).toEqual({ points: 2, skipped: 1, garbage: 2, firstGarbage: 'WARN hello' });
    expect(recorder.problems()).toEqual(['2 lines from k6 were not points; the first begins "WARN hello"']);
    expect(recorder.kindOf('http_req_duration')).toBe('trend');
    expect(recorder.find({ metric: 'http_req_duration' })?.get('')?.sum).toBe(12);
  });

  test('a last line without its end is read if it is whole, counted if not', () => {
    const line = pointLine({ metric: 'http_req_duration', atMs: T0, value: 5 });
    expect(recorded(line.trimEnd()).lines).toMatchObject({ points: 1, garbage: 0 });
    expect(recorded(line + line.slice(0, -10)).lines).toMatchObject({ points: 1, garbage: 1 });
  });

  test('a line without end holds no memory, and the next one is read', () => {
    const recorder = createK6Recorder({ wanted: ['http_req_duration'] });
    for (let chunk = 0; chunk < 64; chunk += 1) recorder.push(Buffer.alloc(1_048_576, 'x'));
    recorder.push(Buffer.from(`\n${pointLine({ metric: 'http_req_duration', atMs: T0, value: 5 })}`));
    expect(recorder.lines).toMatchObject({ points: 1, garbage: 1, firstGarbage: 'x'.repeat(80) });
  });

  test('metrics named like members of an object are metrics', () => {
    const recorder = recorded(pointLine({ metric: 'constructor', atMs: T0, value: 5 }), ['constructor']);
    expect(recorder.find({ metric: 'constructor' })?.get('')?.count).toBe(1);
    expect(recorder.find({ metric: 'toString' })).toBeUndefined();
  });
});

describe('the history of messages', () => {
  test('is in the order of sending, to the microsecond, whatever the order of lines', () => {
    const recorder = recorded(
      acked('b', T0 + 9) +
        sentPoint('b', T0 + 0.002, 'fault') +
        sentPoint('a', T0 + 0.001, 'baseline') +
        sentPoint('c', T0 + 2),
    );
    const facts = { key: 'p1', text: 'VT <at> 00:01:02 💓' };
    expect(recorder.history(() => 'recovery')).toEqual([
      { id: 'a', group: 'baseline', acknowledged: false, atMs: expect.closeTo(T0, 2), ...facts },
      { id: 'b', group: 'fault', acknowledged: true, atMs: expect.closeTo(T0, 2), ...facts },
      { id: 'c', group: 'recovery', acknowledged: false, atMs: T0 + 2, ...facts },
    ]);
    expect(recorder.problems()).toEqual([]);
  });

  test('that does not say what was sent is refused; an acknowledgement of nothing is reported', () => {
    const nameless = recorded(pointLine({ metric: 'producer_sent_msgs', atMs: T0, value: 1 }));
    expect(() => nameless.history()).toThrow(/a sample of producer_sent_msgs has no eventId/);
    expect(recorded(acked('x', T0)).problems()).toEqual(['1 messages were acknowledged but not sent; the first is x']);
  });
});

test('a real run of k6, from its pipe', async () => {
  const program = await obtainK6(terminalProgress);
  const folder = await mkdtemp(join(tmpdir(), 'heartline-k6-points-'));
  try {
    const script = join(folder, 'script.ts');
    await writeFile(script, SCRIPT);
    const startedAtMs = Date.now();
    // Without a file name points go to standard output.
    const k6 = spawn(program, ['run', '--quiet', '--summary-mode=disabled', '--out', 'json=-', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, K6_NO_USAGE_REPORT: 'true' },
    });
    const recorder = createK6Recorder({
      wanted: ['producer_sent_msgs', 'dropped_iterations', 'vus', 'failed', 'took'],
    });
    await readK6(k6.stdout, recorder);
    const phases = [{ name: 'baseline', fromMs: startedAtMs, toMs: Date.now() }];
    const { value } = createMeasurements({ startedAtMs, phases, k6: recorder });
    expect(recorder.problems()).toEqual([]);
    expect(recorder.history()).toHaveLength(20);
    expect(recorder.history()[0]).toMatchObject({
      id: 'e-0',
      key: 'p-0',
      group: 'baseline',
      text: 'VT "0"',
      acknowledged: true,
    });
    expect(value({ metric: 'producer_sent_msgs', statistic: 'count' }, 'baseline')).toBe(20);
    expect(value({ metric: 'failed', statistic: 'share' }, 'baseline')).toBe(0.5);
    expect(value({ metric: 'took', statistic: 'p50' }, 'baseline')).toBe(9.5);
    expect(value({ metric: 'dropped_iterations', statistic: 'count' }, 'baseline')).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const SCRIPT = `
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';
const sent = new Counter('producer_sent_msgs');
const acked = new Counter('producer_acked_msgs');
const failed = new Rate('failed');
const took = new Trend('took', true);
export const options = {
  scenarios: { a: { executor: 'shared-iterations', vus: 1, iterations: 20, tags: { phase: 'baseline' } } },
};
export default function () {
  const n = exec.scenario.iterationInTest;
  exec.vu.metrics.metadata['eventId'] = 'e-' + n;
  sent.add(1, { patientId: 'p-' + n % 3, text: 'VT "' + n + '"' });
  acked.add(1);
  failed.add(n % 2 === 0);
  took.add(n);
}
`;
