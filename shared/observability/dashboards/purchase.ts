import { type Dashboard, faultLine, figure, graph, line } from './dashboard.ts';
import { from, functionPanels, latencyGraph, P50, P95, P99 } from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

const stage = 'purchase';
const ofWorkers = { where: { function: 'fulfil-orders' } };
const ofConsumer = { where: { consumer: 'fulfil-orders' } };
const ofStream = { where: { source: 'purchases' } };
const ofDeadLetters = { where: { queue: 'purchases' } };
const FUNCTIONS = ['purchase-now', 'purchase-later'];

/** What a customer waits for gladly, and what the promise to them is: p99. */
const ACCEPT_LIMIT_MS = 150;
const PROMISED_MS = 500;
/** A lock that is waited for longer than a commit takes has a queue before it. */
const LOCK_WAIT_MS = 10;
const ONE = 1;

const accepted = (share: number, via: string) => quantile(share, 'order_accept_latency_ms', { where: { via } });

/** Inventory: purchases decided at once, against purchases accepted into a stream and decided in batches. */
export const purchase: Dashboard = {
  name: 'purchase',
  title: 'Heartline: purchase',
  description:
    'Purchases that wait for the database, and purchases that wait for a stream only and are decided in batches behind it. Both sell each unit once.',
  sections: [
    {
      title: 'Is it well?',
      panels: [
        figure(
          {
            title: 'Decided at once, p99',
            description: `Until a customer of the sync way has an answer, in the time shown. Below ${PROMISED_MS} ms is promised.`,
            thresholds: [from(PROMISED_MS, 'red')],
          },
          line(quantile(P99, 'order_accept_latency_ms', { where: { via: 'sync' }, over: 'timeShown' }), 'p99'),
        ),
        figure(
          {
            title: 'Accepted, p99',
            description: `Until a customer of the async way has an answer, in the time shown. Below ${ACCEPT_LIMIT_MS} ms is good; it must not follow the backlog.`,
            thresholds: [from(ACCEPT_LIMIT_MS, 'orange'), from(PROMISED_MS, 'red')],
          },
          line(quantile(P99, 'order_accept_latency_ms', { where: { via: 'async' }, over: 'timeShown' }), 'p99'),
        ),
        figure(
          {
            title: 'Backlog',
            description: 'Purchases in the stream that are not decided yet, all partitions.',
          },
          line(now('rabbitmq_stream_consumer_lag_messages', ofConsumer), 'waiting'),
        ),
        figure(
          {
            title: 'Oversold',
            description:
              'Units in confirmed orders beyond what there was to sell, when it was last checked: GET /inventory/conservation. 0 is right.',
            thresholds: [from(ONE, 'red')],
          },
          line(now('inventory_oversold_units', { where: { of: 'guarded' } }), 'units'),
        ),
        figure(
          {
            title: 'Longest wait for a lock',
            description: 'Of the sessions that wait for a lock now. A hot SKU has a queue of those who buy at once.',
            thresholds: [from(LOCK_WAIT_MS, 'orange'), from(PROMISED_MS, 'red')],
          },
          line(now('db_lock_wait_ms'), 'longest'),
        ),
        figure(
          {
            title: 'Dead letters since start',
            description: 'Records of the stream that are no purchases. Each needs a person: see npm run redrive.',
            thresholds: [from(ONE, 'red')],
          },
          faultLine(sinceStart('dead_letters_total', ofDeadLetters), 'dead letters'),
        ),
      ],
    },
    {
      title: 'At once against by a stream',
      panels: [
        graph(
          {
            title: 'Until the customer has an answer (order_accept_latency_ms)',
            description: 'At once: decided. Later: in the stream, confirmed by the broker.',
            thresholds: [from(PROMISED_MS, 'red')],
          },
          line(accepted(P50, 'sync'), 'at once p50'),
          line(accepted(P99, 'sync'), 'at once p99'),
          line(accepted(P50, 'async'), 'later p50'),
          line(accepted(P99, 'async'), 'later p99'),
        ),
        graph(
          { title: 'Decided', description: 'Purchases decided, by the way that they came and how it ended.' },
          line(perSecond('orders_total', { by: ['via', 'status'] }), '{{via}} {{status}}'),
        ),
        graph(
          {
            title: 'Rejected by reason',
            description: 'Since the stack was started. Out of stock is an answer, not a fault.',
          },
          line(
            sinceStart('orders_total', { where: { status: 'rejected' }, by: ['via', 'reason'] }),
            '{{via}} {{reason}}',
          ),
        ),
        graph(
          {
            title: 'Came again',
            description: 'Purchases sent again under their key, by people, clients and the stream: nothing changed.',
          },
          line(sinceStart('orders_repeated_total', { by: ['via'] }), '{{via}}'),
        ),
        graph(
          {
            title: 'From accepted to decided (order_decided_latency_ms)',
            description: 'What the customer of the async way still waits for. It follows the backlog.',
          },
          line(quantile(P50, 'order_decided_latency_ms', { where: { via: 'async' } }), 'p50'),
          line(quantile(P95, 'order_decided_latency_ms', { where: { via: 'async' } }), 'p95'),
        ),
        graph(
          { title: 'Backlog by partition', description: 'Purchases of each partition that are not decided yet.' },
          line(now('rabbitmq_stream_consumer_lag_messages', { ...ofConsumer, by: ['stream'] }), '{{stream}}'),
        ),
      ],
    },
    {
      title: 'The database',
      panels: [
        graph(
          {
            title: 'Wait for a lock (db_lock_wait_ms)',
            description: 'How long the session has waited that waits longest, looked at once a second.',
            thresholds: [from(LOCK_WAIT_MS, 'red')],
          },
          line(now('db_lock_wait_ms'), 'longest'),
        ),
        graph(
          { title: 'Sessions that wait for a lock', description: 'Looked at once a second.' },
          line(now('db_lock_waiters'), 'waiting'),
        ),
        latencyGraph('db_insert_latency_ms', stage, {
          title: 'Write (db_insert_latency_ms)',
          description: 'From sending a purchase, or a batch of them, to its commit.',
        }),
        latencyGraph('db_read_latency_ms', stage, {
          title: 'Read (db_read_latency_ms)',
          description: 'Orders, stock and the check that they add up.',
        }),
        graph(
          { title: 'Batches', description: 'Batches handed to fulfil-orders, by outcome: each is a transaction.' },
          line(perSecond('trigger_batches_total', { ...ofStream, by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          {
            title: 'Partitions moved',
            description: 'Since the stack was started: how often a worker became the active consumer, or ceased to be.',
          },
          line(sinceStart('trigger_partitions_moved_total', { ...ofWorkers, by: ['change'] }), '{{change}}'),
        ),
        ...functionPanels(FUNCTIONS),
      ],
    },
  ],
};
