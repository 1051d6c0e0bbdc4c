import type { CaseResult, DeliverySummary, LabResult, LostMessage, Mark, VerdictRow } from '../../lab-result.ts';
import { type Toxic, toxicSchema } from '../../toxic.ts';
import { chartOf, PHASES, seeded } from './sample-series.ts';

const row = (
  expectation: string,
  unit: string,
  [baseline, fault, recovery]: readonly (number | undefined)[],
  reason?: string,
  expected: VerdictRow['expected'] = {},
): VerdictRow => ({
  expectation,
  unit,
  expected,
  baseline,
  fault,
  recovery,
  holds: reason === undefined,
  ...(reason === undefined ? {} : { reason }),
});

const KINDS = ['VT', 'SVTA', 'AVB'];

/** Alerts that were lost in the fault, spread over the beds unevenly, as a run gives them. */
export function lostAlerts(count: number, beds: number, seed: number): DeliverySummary['lostByOwner'] {
  const random = seeded(seed);
  const byPatient = new Map<string, LostMessage[]>();
  for (let index = 0; index < count; index += 1) {
    const patientId = `vdb-${1018 + Math.floor(random() ** 2 * beds) * 37}`;
    const second = 10 + (index * 40) / count;
    const lost = {
      id: `0198f2a1-7c3e-7d20-9a41-${String(index).padStart(12, '0')}`,
      phase: 'fault' as const,
      text: `${KINDS[index % KINDS.length]}, onset 10:29:${second.toFixed(1)}`,
    };
    byPatient.set(patientId, [...(byPatient.get(patientId) ?? []), lost]);
  }
  return [...byPatient].map(([owner, lost]) => ({ owner, lost }));
}

const KEPT: DeliverySummary = {
  subject: 'alerts',
  promise: 'at-most-once',
  sent: 5400,
  acknowledged: 5400,
  delivered: 5400,
  lostByOwner: [],
  lostAcknowledged: 0,
  duplicated: 0,
  phantom: 0,
  violations: [],
};

/** A case in which all is well; give what differs. */
export function sampleCase(differs: Partial<CaseResult> = {}): CaseResult {
  return {
    name: 'loss',
    title: 'One packet in ten is lost between broker and consumer',
    settings: [],
    load: { script: 'k6/at-most-once.ts', rates: [30, 60] },
    toxics: [],
    phases: PHASES,
    rows: [row('consumer_received_msgs equal to producer_sent_msgs', '/s', [45, 45, 45])],
    charts: [chartOf('Messages', '/s', { sent: { baseline: 45, fault: 45, recovery: 45 } })],
    marks: [],
    delivery: KEPT,
    labCpuShare: 0.031,
    notes: [],
    holds: true,
    ...differs,
  };
}

export function sampleResult(cases: readonly CaseResult[] = [sampleCase()]): LabResult {
  return {
    experiment: {
      name: 'healthcare/2',
      title: 'Fire and forget: what a lossy network does to alerts at QoS 0',
      claim:
        'At most once keeps the producer fast and stable whatever the network does behind the broker, and silently loses about as many alerts as the network loses packets.',
    },
    command: 'npm run lab healthcare/2 -- --seed 42 --seconds 40',
    startedAt: '2026-01-31T10:28:20.000Z',
    finishedAt: '2026-01-31T10:35:02.500Z',
    seed: 42,
    machine: '2 cores AMD EPYC, 8 GB, Linux 6.1, Postgres with fsync on',
    versions: { node: '24.21.0', rabbitmq: '4.0.5', postgres: '18.4', pgmq: '1.11.0', k6: '1.8.1', toxiproxy: '2.5.0' },
    cases,
    holds: cases.every((one) => one.holds),
  };
}

const drop = toxicSchema.parse({ type: 'drop', link: 'consumer-broker', rate: 0.1 });
const flap = toxicSchema.parse({ type: 'flap', link: 'consumer-broker', upMs: 5000, downMs: 1500 });
const answersLate: Toxic[] = [
  toxicSchema.parse({ type: 'latency', link: 'backend-database', latencyMs: 200, jitterMs: 20 }),
  toxicSchema.parse({ type: 'latency', link: 'backend-database', direction: 'upstream', latencyMs: 5, toxicity: 0.5 }),
];

const brokerCharts = (received: number, queued: number) => [
  chartOf('Messages', '/s', {
    producer_sent_msgs: { baseline: 45, fault: 45, recovery: 45 },
    consumer_received_msgs: { baseline: 45, fault: received, recovery: 45 },
  }),
  chartOf('producer_latency_ms', 'ms', {
    p50: { baseline: 0.6, fault: 0.6, recovery: 0.6 },
    p95: { baseline: 1.4, fault: 1.5, recovery: 1.4 },
    p99: { baseline: 2.9, fault: 3.1, recovery: 2.8 },
  }),
  chartOf('End to end, from onset to staff', 'ms', { p95: { baseline: 6.1, fault: 6.4, recovery: 6.2 } }, [55, 56, 57]),
  chartOf('Lost', 'share', { lost: { baseline: 0, fault: 1 - received / 45, recovery: 0 } }),
  chartOf('rabbitmq_stream_consumer_lag_messages', 'messages', {
    lag: { baseline: undefined, fault: undefined, recovery: undefined },
  }),
  chartOf('Messages waiting at the broker', 'messages', { waiting: { baseline: 2, fault: queued, recovery: 3 } }),
];

export const lossCase: CaseResult = sampleCase({
  settings: [
    {
      name: 'queueQoSZero',
      value: 'off',
      because: 'the client would keep messages back while offline and hide the loss',
    },
  ],
  toxics: [drop],
  rows: [
    row('producer_sent_msgs within 2 % of the target rate', '/s', [45, 45.1, 44.9]),
    row('consumer_received_msgs 7 to 13 % below producer_sent_msgs under fault', 'share', [0, 0.1014, 0]),
    row('p95 of producer_latency_ms below 20 ms throughout', 'ms', [1.41, 1.52, 1.38]),
    row('nothing delivered twice', 'messages', [0, 0, 0]),
  ],
  charts: brokerCharts(40.4, 3),
  marks: [
    { atS: 40, label: 'drop in' },
    { atS: 80, label: 'drop out' },
  ],
  delivery: { ...KEPT, delivered: 5218, lostByOwner: lostAlerts(182, 24, 7) },
  notes: [
    'TCP itself repeats lost packets: the fault proxy drops whole PUBLISH packets, which is what QoS 0 over a radio link sees.',
  ],
});

export const flapCase: CaseResult = sampleCase({
  name: 'flap',
  title: 'The consumer’s link flaps',
  toxics: [flap],
  rows: [
    row('producer_sent_msgs within 2 % of the target rate', '/s', [45, 45, 45]),
    row('alerts lost while the link is down', 'messages', [0, 412, 0]),
    row('consumer back within 2 s of the link', 's', [undefined, 2.6, undefined], 'the slowest return took 2.6 s'),
    row(
      'rabbitmq_stream_consumer_lag_messages back to 0',
      'messages',
      [undefined, undefined, undefined],
      'nothing was measured',
    ),
  ],
  charts: brokerCharts(34, 60),
  marks: Array.from({ length: 6 }, (_, turn): Mark[] => [
    { atS: 45 + turn * 6.5, label: 'link down' },
    { atS: 46.5 + turn * 6.5, label: 'link up' },
    { atS: 47.1 + turn * 6.5, label: 'trigger at-most-once/notify-staff subscribed again' },
  ]).flat(),
  delivery: { ...KEPT, delivered: 4988, lostByOwner: lostAlerts(412, 24, 11) },
  holds: false,
});

export const latencyCase: CaseResult = sampleCase({
  name: 'latency',
  title: '200 ms of latency between backend and database',
  settings: [
    {
      name: 'HEARTLINE_DB_POOL_SIZE',
      value: '4',
      because: 'a small pool shows the queueing that a large one only delays',
    },
    { name: 'HEARTLINE_DB_TIMEOUT_MS', value: '2000', because: 'the limit a monitor gives up at' },
  ],
  load: { script: 'k6/db-first.ts', rates: [30, 60] },
  toxics: answersLate,
  rows: [
    row('p95 of http_req_duration', 'ms', [12.3, 1842.7, 14.1], undefined, { fault: '> 400, > 5×', recovery: '< 5×' }),
    row('rate(http_req_failed) above 0', 'share', [0, 0.042, 0]),
    row('p95 of db_insert_latency_ms rises', 'ms', [3.2, 221.4, 3.3]),
    row('db_tps falls by at least a third', '/s', [91.4, 22.6, 90.2]),
  ],
  charts: [
    chartOf('http_req_duration', 'ms', {
      p50: { baseline: 5.1, fault: 870, recovery: 5.6 },
      p95: { baseline: 12.3, fault: 1842, recovery: 14.1 },
    }),
    chartOf('http_req_failed', 'share', { failed: { baseline: 0, fault: 0.042, recovery: 0 } }),
    chartOf('db_tps', '/s', { transactions: { baseline: 91, fault: 22, recovery: 90 } }),
    chartOf('Requests', '/s', {
      sent: { baseline: 45, fault: 43, recovery: 45 },
      answered: { baseline: 45, fault: 19, recovery: 51 },
    }),
  ],
  marks: [
    { atS: 40, label: 'latency in' },
    { atS: 80, label: 'latency out' },
    { atS: 84, label: 'notify-staff caught up' },
  ],
  delivery: { ...KEPT, promise: 'exactly-once', acknowledged: 5173 },
});
