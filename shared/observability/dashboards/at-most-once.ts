import { type Dashboard, faultLine, figure, graph, line, orZero } from './dashboard.ts';
import { k6Counter, k6PerSecond, k6Quantile, k6Total } from './outside-metrics.ts';
import { from, functionPanels, latencyGraph, P50, P95, P99 } from './panels.ts';
import { type Asked, now, perSecond, quantile, selector, sinceStart, sum } from './promql.ts';

const stage = 'at-most-once';
const ofStage = { where: { stage } };
const ofTrigger = { where: { function: 'receive-alert' } };
/** Of what k6 sends, the messages over MQTT; another stage's script posts, and has no such tag. */
const overMqtt = { where: { qos: ['0', '1'] } };
const FUNCTIONS = ['publish-alert', 'list-received-alerts'];

/** A loss that a nurse would not notice, and one that is a fault. QoS 0 on a sound network loses nothing. */
const SMALL_LOSS = 0.001;
const LOSS = 0.01;
/** A message in QoS 0 waits for no answer: more than this in sending one is a queue on the way out. */
const SLOW_SEND_MS = 50;

const received = perSecond('consumer_received_msgs', ofStage);
/** Both producers, k6 and whoever has publish-alert publish; often only one of them is at work. */
const sent = `(${orZero(k6PerSecond('producer_sent_msgs', overMqtt).expr)} + ${orZero(perSecond('producer_sent_msgs', ofStage).expr)})`;

/** What a counter counted in the time shown, exactly: `increase()` misses what was counted before the first scrape. */
function counted(selected: string): string {
  const end = sum(`max_over_time(${selected}[$__range])`);
  return orZero(`${end} - (${sum(`${selected} offset $__range`)} or 0 * ${end})`);
}

const receivedCount = counted(selector('consumer_received_msgs', ofStage.where));
const sentCount = `(${counted(k6Counter('producer_sent_msgs', overMqtt.where))} + ${counted(selector('producer_sent_msgs', ofStage.where))})`;

/** Of what was sent, the share that did not come; nothing where nothing was sent. All of it, where nothing ever came. */
function lossOf(receivedExpr: string, sentExpr: string): Asked {
  return { expr: `clamp_min(1 - ${receivedExpr} / (${sentExpr} > 0), 0)`, unit: 'percentunit' };
}

/** Healthcare stage 2: MQTT QoS 0 → staff. */
export const atMostOnce: Dashboard = {
  name: 'at-most-once',
  title: 'Heartline: at-most-once',
  description:
    'Monitors publish alerts over MQTT at QoS 0; staff are told of what arrives. Nothing is repeated: what a fault swallows is lost, and this page shows how much.',
  sections: [
    {
      title: 'Is it well?',
      panels: [
        figure(
          {
            title: 'Lost in the time shown',
            description:
              'Of all messages sent in the time shown, the share that no consumer received. Choose a time in which the stack was not restarted and no load runs any more: what is on its way counts as lost.',
            thresholds: [from(SMALL_LOSS, 'orange'), from(LOSS, 'red')],
          },
          line(lossOf(receivedCount, sentCount), 'lost'),
        ),
        figure(
          {
            title: 'Sent in the time shown',
            description: 'Messages that producers sent: k6 and publish-alert.',
          },
          line({ expr: sentCount, unit: 'short' }, 'sent'),
        ),
        figure(
          { title: 'Received in the time shown', description: 'Messages that receive-alert got, refused ones too.' },
          line({ expr: receivedCount, unit: 'short' }, 'received'),
        ),
        figure(
          {
            title: 'Refused since start',
            description: 'Messages received and not taken: bad ones, and good ones for which the database was away.',
            thresholds: [from(1, 'red')],
          },
          faultLine(sinceStart('messages_refused_total', ofStage), 'refused'),
        ),
        figure(
          {
            title: 'Trigger connected',
            description: '1 while the trigger is subscribed at the broker. While it is 0, every alert is lost.',
            thresholds: [from(0, 'red'), from(1, 'green')],
          },
          line(now('trigger_connected', ofTrigger), 'connected'),
        ),
        figure(
          {
            title: 'Sending a message, p95',
            description: `producer_latency_ms as k6 measures it, in the time shown. Below ${SLOW_SEND_MS} ms is good.`,
            thresholds: [from(SLOW_SEND_MS, 'orange'), from(10 * SLOW_SEND_MS, 'red')],
          },
          line(k6Quantile(P95, 'producer_latency_ms', { ...overMqtt, over: 'timeShown' }), 'p95'),
        ),
      ],
    },
    {
      title: 'Sent and received',
      panels: [
        graph(
          {
            title: 'Sent against received',
            description: 'producer_sent_msgs and consumer_received_msgs. The gap between them is what is lost.',
          },
          line(k6PerSecond('producer_sent_msgs', overMqtt), 'sent by k6'),
          line(perSecond('producer_sent_msgs', ofStage), 'sent by publish-alert'),
          line(received, 'received'),
        ),
        graph(
          {
            title: 'Loss',
            description:
              'Share of the messages sent in the last seconds that were not received. A short peak at the begin or end of a load is the time between two scrapes.',
            thresholds: [from(LOSS, 'red')],
          },
          line(lossOf(orZero(received.expr), sent), 'lost'),
        ),
        graph(
          {
            title: 'Sending a message (producer_latency_ms)',
            description: 'Time that the producer needs to send; at QoS 0 it waits for no answer.',
            thresholds: [from(SLOW_SEND_MS, 'red')],
          },
          line(k6Quantile(P50, 'producer_latency_ms', overMqtt), 'k6 p50'),
          line(k6Quantile(P95, 'producer_latency_ms', overMqtt), 'k6 p95'),
          line(k6Quantile(P99, 'producer_latency_ms', overMqtt), 'k6 p99'),
          line(quantile(P95, 'producer_latency_ms', ofStage), 'publish-alert p95'),
        ),
        graph(
          {
            title: 'Not sent by k6, by reason',
            description:
              'Messages of this run that a monitor sent to nobody, as it had no connection. They are part of sent, and lost.',
          },
          line(k6Total('producer_failed_msgs', { ...overMqtt, by: ['reason'] }), '{{reason}}'),
        ),
        graph(
          {
            title: 'Refused by reason',
            description:
              'Since the stack was started: messages received and not taken. `database`: a good alert that could not be recorded, and is lost.',
          },
          line(sinceStart('messages_refused_total', { ...ofStage, by: ['reason'] }), '{{reason}}'),
        ),
        graph(
          {
            title: 'Staff notified',
            description: 'Notifications a second, by kind. An alert that comes twice is notified twice.',
          },
          line(perSecond('staff_notified_total', { ...ofStage, by: ['kind'] }), '{{kind}}'),
        ),
      ],
    },
    {
      title: 'Trigger',
      panels: [
        graph(
          { title: 'Connected', description: 'trigger_connected: 1 while the subscription stands.' },
          line(now('trigger_connected', { ...ofTrigger, by: ['source'] }), '{{source}}'),
        ),
        graph(
          {
            title: 'Dropped before the function',
            description: 'Since the stack was started: records that the trigger gave up, by reason.',
          },
          line(sinceStart('trigger_records_dropped_total', { ...ofTrigger, by: ['reason'] }), '{{reason}}'),
        ),
        graph(
          {
            title: 'Connected again',
            description: 'Since the stack was started, all triggers: how often one lost its source and came back.',
          },
          faultLine(sinceStart('trigger_reconnects_total'), 'reconnects'),
        ),
        graph(
          { title: 'Invocations', description: 'Invocations of receive-alert by outcome: one message each.' },
          line(perSecond('trigger_batches_total', { ...ofTrigger, by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          { title: 'Time in the function', description: 'From invoking receive-alert to its answer.' },
          line(quantile(P50, 'trigger_batch_duration_ms', ofTrigger), 'p50'),
          line(quantile(P95, 'trigger_batch_duration_ms', ofTrigger), 'p95'),
          line(quantile(P99, 'trigger_batch_duration_ms', ofTrigger), 'p99'),
        ),
        latencyGraph('notification_latency_ms', stage, {
          title: 'Notified after it was received',
          description: 'From the hand-over to receive-alert to the notification.',
        }),
      ],
    },
    {
      title: 'Database and HTTP',
      panels: [
        latencyGraph('db_insert_latency_ms', stage, {
          title: 'Insert (db_insert_latency_ms)',
          description: 'From sending the insert of a notification to its commit.',
        }),
        ...functionPanels(FUNCTIONS),
      ],
    },
  ],
};
