import { type Dashboard, faultLine, figure, graph, line } from './dashboard.ts';
import { k6PerSecond, k6Quantile, k6Total } from './outside-metrics.ts';
import { from, functionPanels, latencyGraph, NOTIFICATION_LIMIT_MS, P50, P95, P99 } from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

const stage = 'at-least-once';
const ofStage = { where: { stage } };
const ofWorkers = { where: { function: 'store-alerts' } };
const ofConsumer = { where: { consumer: 'store-alerts' } };
const ofStream = { where: { source: 'alerts.raw' } };
const ofQueue = { where: { queue: 'at_least_once_alerts' } };
/** Records of the stream that were given up on are counted under it. */
const ofDeadLetters = { where: { queue: 'alerts.raw' } };
const ofScript = { where: { testid: 'at-least-once' } };
const FUNCTIONS = ['stream-alert', 'list-told-once'];

/** Ten seconds of 200 alerts a second: the workers do not keep up; ten times that, somebody has to act. */
const BEHIND_MESSAGES = 2_000;
/** The limit that k6/at-least-once.ts sets: p95 of an acknowledgement. */
const ACK_LIMIT_MS = 100;

/** Healthcare stage 3: MQTT QoS 1 → RabbitMQ Stream → workers → Postgres → staff. */
export const atLeastOnce: Dashboard = {
  name: 'at-least-once',
  title: 'Heartline: at-least-once',
  description:
    'Monitors publish alerts at QoS 1 into a stream; workers store each once, however often it comes, and staff are told once. What the workers have not read yet waits in the stream, and is the lag.',
  sections: [
    {
      title: 'Is it well?',
      panels: [
        figure(
          {
            title: 'Lag',
            description:
              'Messages in the stream that are not stored yet, all partitions. Growing means the workers do not keep up: scale them, up to one a partition.',
            thresholds: [from(BEHIND_MESSAGES, 'orange'), from(10 * BEHIND_MESSAGES, 'red')],
          },
          line(now('rabbitmq_stream_consumer_lag_messages', ofConsumer), 'behind'),
        ),
        figure(
          {
            title: 'Acknowledged after, p95',
            description: `Until a monitor of k6 has its PUBACK, in the time shown. Below ${ACK_LIMIT_MS} ms is good; it must not follow the lag.`,
            thresholds: [from(ACK_LIMIT_MS, 'orange'), from(10 * ACK_LIMIT_MS, 'red')],
          },
          line(k6Quantile(P95, 'producer_latency_ms', { ...ofScript, over: 'timeShown' }), 'p95'),
        ),
        figure(
          {
            title: 'Dead letters since start',
            description: 'Records that the workers gave up on. Each needs a person: see npm run redrive.',
            thresholds: [from(1, 'red')],
          },
          faultLine(sinceStart('dead_letters_total', ofDeadLetters), 'dead letters'),
        ),
        figure(
          {
            title: 'Records lost since start',
            description: "Records that the stream's retention removed before a worker had read them. 0 is good.",
            thresholds: [from(1, 'red')],
          },
          faultLine(sinceStart('trigger_records_lost_total', ofWorkers), 'lost'),
        ),
        figure(
          {
            title: 'Partitions held',
            description:
              'Partitions of which nothing is handled, since the checkpoint is not of this stream: it was made anew.',
            thresholds: [from(1, 'red')],
          },
          line(now('trigger_partition_held', ofWorkers), 'held'),
        ),
        figure(
          {
            title: 'Alerts waiting for staff',
            description: 'Messages in the outbox, the queue at_least_once_alerts: stored, and staff not told yet.',
          },
          line(now('queue_depth', ofQueue), 'waiting'),
        ),
        figure(
          {
            title: 'Notified after it was stored, p95',
            description: `From the alert's commit to the notification's, in the time shown. Below ${NOTIFICATION_LIMIT_MS} ms is good.`,
            thresholds: [from(NOTIFICATION_LIMIT_MS, 'orange'), from(10 * NOTIFICATION_LIMIT_MS, 'red')],
          },
          line(quantile(P95, 'notification_latency_ms', { ...ofStage, over: 'timeShown' }), 'p95'),
        ),
      ],
    },
    {
      title: 'The stream and who reads it',
      panels: [
        graph(
          {
            title: 'Lag by partition (rabbitmq_stream_consumer_lag_messages)',
            description:
              'Messages of each partition that are not stored yet. One that grows alone has a ward too many, or a record that fails again and again.',
            thresholds: [from(BEHIND_MESSAGES, 'red')],
          },
          line(now('rabbitmq_stream_consumer_lag_messages', { ...ofConsumer, by: ['stream'] }), '{{stream}}'),
        ),
        graph(
          {
            title: 'Sent, read and stored',
            description: 'Read above stored is what came again. Stored below sent, for long, is a lag that grows.',
          },
          line(k6PerSecond('producer_sent_msgs', ofScript), 'sent by k6'),
          line(perSecond('producer_sent_msgs', ofStage), 'sent by stream-alert'),
          line(perSecond('consumer_received_msgs', ofStage), 'read'),
          line(perSecond('alerts_stored_total', ofStage), 'stored'),
          line(perSecond('staff_notified_total', ofStage), 'notified'),
        ),
        graph(
          {
            title: 'Came again',
            description:
              'Redelivered alerts, and notifications asked for again, changed nothing. Conflicting: the same eventId with other content, a dead letter.',
          },
          line(sinceStart('alerts_redelivered_total', ofStage), 'redelivered'),
          faultLine(sinceStart('alerts_conflicting_total', ofStage), 'conflicting'),
          faultLine(sinceStart('notifications_suppressed_total', ofStage), 'notifications suppressed'),
        ),
        graph(
          {
            title: 'Partitions moved',
            description:
              'Since the stack was started: how often a worker became the active consumer of a partition, or ceased to be. Each scaling moves some; without one, workers restart.',
          },
          line(sinceStart('trigger_partitions_moved_total', { ...ofWorkers, by: ['change'] }), '{{change}}'),
        ),
        graph(
          {
            title: 'Dead letters by code',
            description: 'Records given up on, by the code of the last error.',
          },
          line(sinceStart('dead_letters_total', { ...ofDeadLetters, by: ['code'] }), '{{code}}'),
        ),
        graph(
          {
            title: 'Refused by reason',
            description: 'Since the stack was started: records that are no alerts, or speak for another patient.',
          },
          line(sinceStart('messages_refused_total', { ...ofStage, by: ['reason'] }), '{{reason}}'),
        ),
      ],
    },
    {
      title: 'As the monitors see it',
      panels: [
        graph(
          {
            title: 'Acknowledged after (producer_latency_ms)',
            description:
              'From an alert to its acknowledgement, the wait behind earlier ones and repeats included. It does not follow the lag: that is what the stream buys.',
            thresholds: [from(ACK_LIMIT_MS, 'red')],
          },
          line(k6Quantile(P50, 'producer_latency_ms', ofScript), 'k6 p50'),
          line(k6Quantile(P95, 'producer_latency_ms', ofScript), 'k6 p95'),
          line(k6Quantile(P99, 'producer_latency_ms', ofScript), 'k6 p99'),
          line(quantile(P95, 'producer_latency_ms', ofStage), 'stream-alert p95'),
        ),
        graph(
          {
            title: 'Sent again by k6, by reason',
            description: 'Alerts of this run that a monitor sent once more, as they had not been acknowledged.',
          },
          line(k6Total('producer_resent_msgs', { ...ofScript, by: ['reason'] }), '{{reason}}'),
        ),
        ...functionPanels(FUNCTIONS),
      ],
    },
    {
      title: 'Workers and database',
      panels: [
        graph(
          { title: 'Batches', description: 'Batches handed to store-alerts, by outcome: each is a transaction.' },
          line(perSecond('trigger_batches_total', { ...ofStream, by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          { title: 'Records a batch', description: 'Full batches mean that there is a backlog.' },
          line({ ...quantile(P50, 'trigger_batch_records', ofStream), unit: 'short' }, 'p50'),
          line({ ...quantile(P95, 'trigger_batch_records', ofStream), unit: 'short' }, 'p95'),
        ),
        latencyGraph('db_insert_latency_ms', stage, {
          title: 'Insert (db_insert_latency_ms)',
          description: 'From sending a batch of alerts or notifications, the whole transaction, to its commit.',
        }),
        graph(
          { title: 'Commits (db_tps)', description: 'Commits a second of the whole database, over 5 s.' },
          line(now('db_tps'), 'commits'),
        ),
        latencyGraph('notification_latency_ms', stage, {
          title: 'Notified after it was stored',
          description: "From the alert's commit to the notification's.",
          thresholds: [from(NOTIFICATION_LIMIT_MS, 'red')],
        }),
      ],
    },
  ],
};
