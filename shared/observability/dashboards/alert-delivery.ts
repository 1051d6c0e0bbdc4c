import { type Dashboard, faultLine, figure, graph, line } from './dashboard.ts';
import { from, P50, P99 } from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

/** Who is asked hears of it within a second. */
const DELIVERY_LIMIT_MS = 1_000;
/** A station that hears nothing for 15 s says so. */
const PULSE_LIMIT_MS = 15_000;
const ONE = 1;
const ofQueues = { where: { queue: ['alert_deliveries', 'alert_heartbeats'] } };

/** How what is told reaches people, and what shows that it can. */
export const alertDelivery: Dashboard['sections'][number] = {
  title: 'Delivery',
  panels: [
    figure(
      {
        title: 'Pulse, age',
        description: `From among the readings through the alerter and the alerts to the stations, p99. Stations say after ${PULSE_LIMIT_MS} ms that they hear nothing.`,
        thresholds: [from(PULSE_LIMIT_MS, 'red')],
      },
      line(quantile(P99, 'pulse_age_ms', { over: 'timeShown' }), 'p99'),
    ),
    figure(
      {
        title: 'Refused since start',
        description: 'Deliveries that a channel will not take: look at its address, its secret, and at who watches.',
        thresholds: [from(ONE, 'red')],
      },
      faultLine(sinceStart('notification_deliveries_total', { where: { outcome: 'refused' } }), 'refused'),
    ),
    graph(
      {
        title: 'Deliveries',
        description:
          'By channel and what became of them: confirmed; superseded, since nobody had to come any more; again; refused.',
      },
      line(perSecond('notification_deliveries_total', { by: ['channel', 'outcome'] }), '{{channel}} {{outcome}}'),
    ),
    graph(
      {
        title: 'Until confirmed (notification_delivery_ms)',
        description: 'From planning to the receiver’s 2xx; of the station until one said that it shows the alert.',
        thresholds: [from(DELIVERY_LIMIT_MS, 'red')],
      },
      line(quantile(P50, 'notification_delivery_ms', { by: ['channel'] }), '{{channel}} p50'),
      line(quantile(P99, 'notification_delivery_ms', { by: ['channel'] }), '{{channel}} p99'),
    ),
    graph(
      {
        title: 'A ward pushed (ward_push_ms)',
        description: 'From the message that it has changed to its newest revision being retained.',
      },
      line(quantile(P50, 'ward_push_ms'), 'p50'),
      line(quantile(P99, 'ward_push_ms'), 'p99'),
    ),
    graph(
      { title: 'Deliveries that wait', description: 'Messages of deliveries; most wait for their next attempt.' },
      line(now('queue_depth', { ...ofQueues, by: ['queue'] }), '{{queue}}'),
    ),
  ],
};
