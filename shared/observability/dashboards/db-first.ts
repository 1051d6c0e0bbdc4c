import { type Dashboard, faultLine, figure, graph, line } from './dashboard.ts';
import {
  errorShare,
  from,
  functionPanels,
  k6LoadPanels,
  k6Panels,
  latencyGraph,
  NOTIFICATION_LIMIT_MS,
  P50,
  P95,
} from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

const stage = 'db-first';
const ofStage = { where: { stage } };
const ofQueue = { where: { queue: 'db_first_alerts' } };
const ofTrigger = { where: { function: 'notify-staff' } };
const FUNCTIONS = ['ingest-alert', 'get-alert', 'list-notifications'];

/** A notification that waits longer than this is late for a nurse; ten times that, somebody has to act. */
const LATE_S = 1;
const TOO_LATE_S = 10;
/** Two full batches: more is a backlog. */
const BACKLOG_MESSAGES = 200;

/** Healthcare stage 1: HTTP → Postgres and pgmq → staff. */
export const dbFirst: Dashboard = {
  name: 'db-first',
  title: 'Heartline: db-first',
  description:
    'Monitors post alerts; each is stored and queued in one transaction, and staff are notified once. Alerts stored and notifications have to come out equal.',
  sections: [
    {
      title: 'Is it well?',
      panels: [
        figure(
          {
            title: 'Alerts waiting for staff',
            description:
              'Messages in the queue db_first_alerts. Around 0 is good; growing means notify-staff does not keep up or fails.',
            thresholds: [from(BACKLOG_MESSAGES, 'orange'), from(10 * BACKLOG_MESSAGES, 'red')],
          },
          line(now('queue_depth', ofQueue), 'waiting'),
        ),
        figure(
          {
            title: 'Oldest waiting alert',
            description: 'How long staff have not heard of an alert that is stored.',
            thresholds: [from(LATE_S, 'orange'), from(TOO_LATE_S, 'red')],
          },
          line(now('queue_oldest_age_seconds', ofQueue), 'age'),
        ),
        figure(
          {
            title: 'Dead letters since start',
            description:
              'Alerts that staff were never told of. Each needs a person: look in pgmq.q_db_first_alerts_dlq.',
            thresholds: [from(1, 'red')],
          },
          faultLine(sinceStart('dead_letters_total', ofQueue), 'dead letters'),
        ),
        figure(
          {
            title: 'Notified after the 201, p95',
            description: `From the alert's commit to the notification's, in the time shown. Below ${NOTIFICATION_LIMIT_MS} ms is good.`,
            thresholds: [from(NOTIFICATION_LIMIT_MS, 'orange'), from(10 * NOTIFICATION_LIMIT_MS, 'red')],
          },
          line(quantile(P95, 'notification_latency_ms', { ...ofStage, over: 'timeShown' }), 'p95'),
        ),
        errorShare(FUNCTIONS),
        figure(
          { title: 'Commits a second', description: 'db_tps: commits of the whole database.' },
          line(now('db_tps'), 'db_tps'),
        ),
      ],
    },
    { title: 'As the monitors see it (k6)', panels: [...k6Panels(stage, '.*/db-first/.*'), ...k6LoadPanels(stage)] },
    {
      title: 'Alerts and notifications',
      panels: [
        graph(
          {
            title: 'Stored and notified',
            description: 'Every alert stored has to be notified, once: the two lines follow one another.',
          },
          line(perSecond('alerts_stored_total', ofStage), 'stored'),
          line(perSecond('staff_notified_total', ofStage), 'notified'),
        ),
        graph(
          {
            title: 'Came again',
            description:
              'Redelivered alerts and suppressed notifications changed nothing. Conflicting: the same eventId with other content, refused with 409.',
          },
          line(perSecond('alerts_redelivered_total', ofStage), 'redelivered'),
          faultLine(perSecond('alerts_conflicting_total', ofStage), 'conflicting'),
          faultLine(perSecond('notifications_suppressed_total', ofStage), 'notifications suppressed'),
        ),
        graph(
          { title: 'Stored by kind', description: 'Which arrhythmias the monitors detect.' },
          line(perSecond('alerts_stored_total', { ...ofStage, by: ['kind', 'severity'] }), '{{kind}} {{severity}}'),
        ),
        latencyGraph('notification_latency_ms', stage, {
          title: 'Notified after the 201',
          description: "From the alert's commit to the notification's.",
          thresholds: [from(NOTIFICATION_LIMIT_MS, 'red')],
        }),
        ...functionPanels(FUNCTIONS),
      ],
    },
    {
      title: 'Database',
      panels: [
        latencyGraph('db_insert_latency_ms', stage, {
          title: 'Insert (db_insert_latency_ms)',
          description: 'From sending an insert, its whole transaction, to its commit.',
        }),
        latencyGraph('db_read_latency_ms', stage, {
          title: 'Read (db_read_latency_ms)',
          description: "From sending a read to its last row; the trigger's reads of the queue are part of it.",
        }),
        graph(
          { title: 'Commits (db_tps)', description: 'Commits a second of the whole database, over 5 s.' },
          line(now('db_tps'), 'commits'),
        ),
      ],
    },
    {
      title: 'Queue and trigger',
      panels: [
        graph(
          {
            title: 'Queue depth',
            description: 'All messages in the queue, and those that can be read now; the others are being worked on.',
          },
          line(now('queue_depth', ofQueue), 'all'),
          line(now('queue_visible', ofQueue), 'visible'),
        ),
        graph(
          {
            title: 'Oldest message',
            description: 'Age of the oldest message in the queue.',
            thresholds: [from(TOO_LATE_S, 'red')],
          },
          line(now('queue_oldest_age_seconds', ofQueue), 'age'),
        ),
        graph(
          {
            title: 'Batches',
            description:
              'Batches handed to notify-staff, by outcome: succeeded, partial (some records failed), failed (all), timedOut.',
          },
          line(perSecond('trigger_batches_total', { ...ofTrigger, by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          {
            title: 'Records in a batch',
            description: 'Batches fill when there is a backlog; without one they hold a few.',
          },
          line(quantile(P50, 'trigger_batch_records', ofTrigger), 'p50'),
          line(quantile(P95, 'trigger_batch_records', ofTrigger), 'p95'),
        ),
        graph(
          {
            title: 'Records tried again',
            description: 'Records handed to notify-staff more than once, for whatever reason.',
          },
          faultLine(perSecond('trigger_records_retried_total', ofTrigger), 'tried again'),
        ),
        graph(
          { title: 'Dead letters by code', description: 'Since the stack was started, by the code of the error.' },
          line(sinceStart('dead_letters_total', { ...ofQueue, by: ['code'] }), '{{code}}'),
        ),
      ],
    },
  ],
};
