import { alertDelivery } from './alert-delivery.ts';
import { type Dashboard, faultLine, figure, graph, line } from './dashboard.ts';
import { from, functionPanels, latencyGraph, P50, P95, P99 } from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

const stage = 'alerts';
const ofStream = { where: { source: 'alerts' } };
const ofConsumer = { where: { consumer: 'publish-alerts' } };
const ofDeadLetters = { where: { queue: ['alerts', 'alert_timers', 'alert_notifications', 'alert_wards'] } };
const ofQueues = { where: { queue: ['alert_notifications', 'alert_wards', 'alert_timers'] } };
const ofNobody = { where: { via: 'nobody' } };
const ofSystem = { where: { by: 'system' } };
const FUNCTIONS = ['accept-alert', 'acknowledge-alert', 'escalate-alert', 'list-alerts', 'get-alert-story'];

/** A timer fires within a second of its time. */
const LATENESS_LIMIT_MS = 1_000;
/** Who is asked about an alert of high priority has a minute (shared/alert-desk/desk-rules.ts). */
const RESPONSE_LIMIT_MS = 60_000;
/** Some seconds of what one process takes. */
const BEHIND_EVENTS = 5_000;
const ONE = 1;

/** What becomes of an alert once it is told. */
export const alerts: Dashboard = {
  name: 'alerts',
  title: 'Heartline: alerts',
  description:
    'Alert events become open alerts, one of a patient and condition; staff answer them, and what nobody answers in time reaches the next role.',
  sections: [
    {
      title: 'Is it well?',
      panels: [
        figure(
          {
            title: 'Until staff answer, median',
            description: 'From the opening of an alert of high priority to the first answer, in the time shown.',
            thresholds: [from(RESPONSE_LIMIT_MS, 'red')],
          },
          line(quantile(P50, 'desk_response_ms', { where: { priority: 'high' }, over: 'timeShown' }), 'median'),
        ),
        figure(
          {
            title: 'Timers late, p99',
            description: `From when an alert had to be looked at again to when it was, in the time shown. Below ${LATENESS_LIMIT_MS} ms is promised.`,
            thresholds: [from(LATENESS_LIMIT_MS, 'red')],
          },
          line(quantile(P99, 'desk_timer_lateness_ms', { over: 'timeShown' }), 'p99'),
        ),
        figure(
          {
            title: 'Not taken yet',
            description: 'Alert events in the stream that publish-alerts has not taken, all partitions.',
            thresholds: [from(BEHIND_EVENTS, 'red')],
          },
          line(now('rabbitmq_stream_consumer_lag_messages', ofConsumer), 'behind'),
        ),
        figure(
          {
            title: 'Asked of nobody since start',
            description: 'Notifications for which nobody was on duty, in no role of the chain. Put a roster.',
            thresholds: [from(ONE, 'red')],
          },
          faultLine(sinceStart('desk_notifications_total', ofNobody), 'nobody'),
        ),
        figure(
          {
            title: 'Dead letters since start',
            description: 'Alert events that cannot be read, and timers given up on. See npm run redrive.',
            thresholds: [from(ONE, 'red')],
          },
          faultLine(sinceStart('dead_letters_total', ofDeadLetters), 'dead letters'),
        ),
      ],
    },
    {
      title: 'From the event to the answer',
      panels: [
        graph(
          {
            title: 'Alert events',
            description: 'Taken; known: they came before, or something newer did, and changed nothing.',
          },
          line(perSecond('desk_events_total', { by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          {
            title: 'What becomes of alerts by itself',
            description:
              'Worse (or new), change and end are the alerter’s; unanswered and the others the clock’s; inhibit and lift of an alert that explains another.',
          },
          line(perSecond('desk_transitions_total', { ...ofSystem, by: ['trigger'] }), '{{trigger}}'),
        ),
        graph(
          {
            title: 'Commands of staff',
            description: 'Done, or the code of their refusal. Many version_conflict: several answer the same alert.',
          },
          line(perSecond('desk_commands_total', { by: ['command', 'outcome'] }), '{{command}} {{outcome}}'),
        ),
        graph(
          {
            title: 'Until staff answer (desk_response_ms)',
            description: 'From the opening of an alert to the first acknowledgement or acceptance.',
          },
          line(quantile(P50, 'desk_response_ms'), 'p50'),
          line(quantile(P95, 'desk_response_ms'), 'p95'),
        ),
        graph(
          {
            title: 'Notifications',
            description:
              'What had to leave, by how its people were found. Retractions say from whom something is taken back.',
          },
          line(perSecond('desk_notifications_total', { by: ['kind', 'via'] }), '{{kind}} {{via}}'),
        ),
        graph(
          {
            title: 'Timers late (desk_timer_lateness_ms)',
            description: 'From when an alert had to be looked at again to when it was.',
            thresholds: [from(LATENESS_LIMIT_MS, 'red')],
          },
          line(quantile(P50, 'desk_timer_lateness_ms'), 'p50'),
          line(quantile(P99, 'desk_timer_lateness_ms'), 'p99'),
        ),
      ],
    },
    alertDelivery,
    {
      title: 'What stands behind it',
      panels: [
        graph(
          {
            title: 'Queues',
            description:
              'Messages in the outboxes and of timers. Of timers most are not due yet; one that grows in an outbox is not read.',
          },
          line(now('queue_depth', { ...ofQueues, by: ['queue'] }), '{{queue}}'),
        ),
        graph(
          {
            title: 'Batches of events',
            description: 'Of publish-alerts, by outcome. Failed ones come again.',
          },
          line(perSecond('trigger_batches_total', { ...ofStream, by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          {
            title: 'Not taken yet, by partition',
            description: 'Alert events behind the last that was taken.',
          },
          line(now('rabbitmq_stream_consumer_lag_messages', { ...ofConsumer, by: ['stream'] }), '{{stream}}'),
        ),
        latencyGraph('db_insert_latency_ms', stage, {
          title: 'A transaction of the desk (db_insert_latency_ms)',
          description: 'Lock, read, decide, write: a batch of events, a command, some timers, a roster.',
        }),
        latencyGraph('db_read_latency_ms', stage, {
          title: 'Read (db_read_latency_ms)',
          description: 'Lists, an alert with its history, statistics, hand-over, rosters.',
        }),
        ...functionPanels(FUNCTIONS),
      ],
    },
  ],
};
