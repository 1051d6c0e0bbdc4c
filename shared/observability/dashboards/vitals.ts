import { type Dashboard, faultLine, figure, graph, line } from './dashboard.ts';
import { from, functionPanels, latencyGraph, P50, P95, P99 } from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

const stage = 'vitals';
const ofStage = { where: { stage } };
const ofStream = { where: { source: 'vitals' } };
/** Records of the stream that were given up on are counted under it. */
const ofDeadLetters = { where: { queue: 'vitals' } };
const judges = { where: { consumer: 'evaluate-vitals' } };
const storekeepers = { where: { consumer: 'store-readings' } };
const ofBoth = { where: { function: ['evaluate-vitals', 'store-readings'] } };
const FUNCTIONS = [
  'list-vitals',
  'list-thresholds',
  'list-threshold-changes',
  ...['default', 'ward', 'patient'].flatMap((scope) =>
    ['get', 'put', 'delete'].map((verb) => `${verb}-${scope}-thresholds`),
  ),
];

/** A monitor sends once a second: an alert that takes longer is behind the next reading. */
const ALERT_LIMIT_MS = 1_000;
/** What a reading may take, p99. A thousand times what is usual. */
const EVALUATION_LIMIT_MS = 1;
/** Five seconds of a hospital of 500 beds, each of which sends one message a second. */
const BEHIND_MESSAGES = 2_500;
const ONE = 1;

/** Vital signs: judged in memory when they come, stored beside it. */
export const vitals: Dashboard = {
  name: 'vitals',
  title: 'Heartline: vitals',
  description:
    'Readings of monitors are judged when they come, and alert events told to the stream alerts; beside it they are stored for 24 hours. Judging goes on while the database is away.',
  sections: [
    {
      title: 'Is it well?',
      panels: [
        figure(
          {
            title: 'Reading to alert, p99',
            description: `From the arrival of a reading in the stream to its alert event in the stream of alerts, in the time shown. Below ${ALERT_LIMIT_MS} ms is good.`,
            thresholds: [from(ALERT_LIMIT_MS, 'red')],
          },
          line(quantile(P99, 'reading_alert_latency_ms', { over: 'timeShown' }), 'p99'),
        ),
        figure(
          {
            title: 'Not judged yet',
            description:
              'Messages in the stream that evaluate-vitals has not handled, all partitions. Growing means that alerts come late: scale it, up to one a partition.',
            thresholds: [from(BEHIND_MESSAGES, 'orange'), from(10 * BEHIND_MESSAGES, 'red')],
          },
          line(now('rabbitmq_stream_consumer_lag_messages', judges), 'behind'),
        ),
        figure(
          {
            title: 'Patients',
            description: 'Patients whose state the alerter has. One is forgotten after six silent hours.',
          },
          line(now('alerter_patients'), 'patients'),
        ),
        figure(
          {
            title: 'Thresholds followed',
            description:
              '1: a change holds within a second. 0: the last known thresholds hold, as the database is away or slow.',
            thresholds: [from(0, 'red'), from(ONE, 'green')],
          },
          line(now('thresholds_followed'), 'followed'),
        ),
        figure(
          {
            title: 'Broken thresholds',
            description:
              'Scopes whose thresholds contradict themselves and are left out: the next wider scope holds. The log names the fault; set them anew by PUT.',
            thresholds: [from(ONE, 'red')],
          },
          line(now('thresholds_broken_scopes'), 'broken'),
        ),
        figure(
          {
            title: 'Dead letters since start',
            description:
              'Records that are no message of vital signs, or speak for another patient or bed. Each of the two consumers gives up on them. See npm run redrive.',
            thresholds: [from(ONE, 'red')],
          },
          faultLine(sinceStart('dead_letters_total', ofDeadLetters), 'dead letters'),
        ),
      ],
    },
    {
      title: 'From the reading to the alert',
      panels: [
        graph(
          {
            title: 'Readings judged and stored',
            description:
              'Both read the same stream. Stored below judged is a lag of store-readings, or what is not stored.',
          },
          line(perSecond('readings_evaluated_total'), 'judged'),
          line(perSecond('readings_taken_total', { where: { outcome: 'stored' } }), 'stored'),
        ),
        graph(
          {
            title: 'Reading to alert (reading_alert_latency_ms)',
            description: 'From the arrival of a reading in the stream to its alert event in the stream of alerts.',
            thresholds: [from(ALERT_LIMIT_MS, 'red')],
          },
          line(quantile(P50, 'reading_alert_latency_ms'), 'p50'),
          line(quantile(P95, 'reading_alert_latency_ms'), 'p95'),
          line(quantile(P99, 'reading_alert_latency_ms'), 'p99'),
        ),
        graph(
          {
            title: 'Judging a reading (reading_evaluation_ms)',
            description:
              'Time of the rules alone, the mean of each batch; of a batch of one patient it holds what a second costs for all.',
            thresholds: [from(EVALUATION_LIMIT_MS, 'red')],
          },
          line(quantile(P50, 'reading_evaluation_ms'), 'p50'),
          line(quantile(P99, 'reading_evaluation_ms'), 'p99'),
        ),
        graph(
          {
            title: 'Alert events by type',
            description:
              'Start and end, escalate (a higher priority), update (a lower one). After a crash some are told again under their ids, and counted again.',
          },
          line(perSecond('alert_events_total', { by: ['type'] }), '{{type}}'),
        ),
        graph(
          {
            title: 'Alert events by rule',
            description: 'Many of no-data, bad-data or device are of a sensor or a network, not of patients.',
          },
          line(perSecond('alert_events_total', { by: ['rule'] }), '{{rule}}'),
        ),
        graph(
          { title: 'Alerts begun, by priority', description: 'Their start only: how often staff are called.' },
          line(perSecond('alert_events_total', { where: { type: 'start' }, by: ['priority'] }), '{{priority}}'),
        ),
        graph(
          {
            title: 'Readings that no rule could judge',
            description:
              'Since the stack was started, by reason: of another time or order, of a kind or unit that is not known, of no living patient.',
          },
          line(sinceStart('readings_unusable_total', { by: ['reason'] }), '{{reason}}'),
        ),
        graph(
          {
            title: 'Not judged yet, by partition',
            description: 'Messages that evaluate-vitals has not handled. One that grows alone has a ward too many.',
          },
          line(now('rabbitmq_stream_consumer_lag_messages', { ...judges, by: ['stream'] }), '{{stream}}'),
        ),
        graph(
          {
            title: 'Partitions moved',
            description:
              'Since the stack was started: how often a worker became the active consumer of a partition, or ceased to be. Each time evaluate-vitals reads its state and judges again what came since.',
          },
          line(
            sinceStart('trigger_partitions_moved_total', { ...ofBoth, by: ['function', 'change'] }),
            '{{function}} {{change}}',
          ),
        ),
      ],
    },
    {
      title: 'The state, and what a crash would replay',
      panels: [
        graph(
          {
            title: 'Patients, by partition',
            description: 'A partition whose patients are gone after it moved has lost its state.',
          },
          line(now('alerter_patients', { by: ['consumer'] }), '{{consumer}}'),
        ),
        graph(
          {
            title: 'Storing the state (snapshot_latency_ms)',
            description: "A partition's state, packed and stored with its checkpoint. Judging does not wait for it.",
          },
          line(quantile(P50, 'snapshot_latency_ms'), 'p50'),
          line(quantile(P99, 'snapshot_latency_ms'), 'p99'),
        ),
        graph(
          {
            title: 'State not stored',
            description:
              'Since the stack was started: times that it could not be. It is tried again; until then a crash replays more of the stream.',
            thresholds: [from(ONE, 'red')],
          },
          faultLine(sinceStart('snapshots_failed_total'), 'failed'),
        ),
      ],
    },
    {
      title: 'What is stored',
      panels: [
        graph(
          {
            title: 'Readings taken, by outcome',
            description:
              'Of store-readings: stored; same: it was there; too_old, ahead: by the clock of the database; else why nothing can be made of it.',
          },
          line(perSecond('readings_taken_total', { by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          { title: 'Not stored yet, by partition', description: 'Messages that store-readings has not stored.' },
          line(now('rabbitmq_stream_consumer_lag_messages', { ...storekeepers, by: ['stream'] }), '{{stream}}'),
        ),
        graph(
          {
            title: 'Refused by reason',
            description:
              'Since the stack was started: records that are no message, or of another than their topic. Each is refused by both consumers.',
          },
          line(sinceStart('messages_refused_total', { ...ofStage, by: ['reason'] }), '{{reason}}'),
        ),
        graph(
          { title: 'Batches', description: 'Of both functions, by outcome.' },
          line(
            perSecond('trigger_batches_total', { ...ofStream, by: ['function', 'outcome'] }),
            '{{function}} {{outcome}}',
          ),
        ),
        latencyGraph('db_insert_latency_ms', stage, {
          title: 'Write (db_insert_latency_ms)',
          description: 'A batch of readings, a state, or a change of thresholds, to its commit.',
        }),
        latencyGraph('db_read_latency_ms', stage, {
          title: 'Read (db_read_latency_ms)',
          description: 'Readings, thresholds, and states after a takeover.',
        }),
        ...functionPanels(FUNCTIONS),
      ],
    },
  ],
};
