import { type Dashboard, faultLine, graph, line } from './dashboard.ts';
import { brokerNow, brokerPerSecond, scraped } from './outside-metrics.ts';
import { from, P95 } from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

/** What all stages stand on: triggers, queues, broker, IoT data plane, metrics and logs. */
export const platform: Dashboard = {
  name: 'platform',
  title: 'Heartline: platform',
  description: 'Triggers, queues, the broker, the IoT data plane, and whether metrics and logs are complete.',
  sections: [
    {
      title: 'Triggers',
      panels: [
        graph(
          {
            title: 'Connected',
            description: '1 while a trigger is connected to its source.',
            thresholds: [from(0, 'red'), from(1, 'green')],
          },
          line(now('trigger_connected', { by: ['function'] }), '{{function}}'),
        ),
        graph(
          {
            title: 'Batches by outcome',
            description: 'What functions made of the batches they were handed: succeeded, partial, failed, timedOut.',
          },
          line(perSecond('trigger_batches_total', { by: ['function', 'outcome'] }), '{{function}} {{outcome}}'),
        ),
        graph(
          { title: 'Time in the function, p95', description: 'From invoking a function with a batch to its answer.' },
          line(quantile(P95, 'trigger_batch_duration_ms', { by: ['function'] }), '{{function}}'),
        ),
        graph(
          { title: 'Records in a batch, p95', description: 'Large batches tell of a backlog.' },
          line(quantile(P95, 'trigger_batch_records', { by: ['function'] }), '{{function}}'),
        ),
        graph(
          { title: 'Records tried again', description: 'Records handed to a function more than once.' },
          faultLine(perSecond('trigger_records_retried_total'), 'tried again'),
        ),
        graph(
          {
            title: 'Woken by',
            description: 'What wakes waiting triggers: a notification, or the poll that covers for a lost one.',
          },
          line(perSecond('trigger_wakeups_total', { by: ['function', 'by'] }), '{{function}} {{by}}'),
        ),
        graph(
          {
            title: 'Connected again',
            description: 'Since the stack was started: how often a trigger lost its source and came back.',
          },
          faultLine(sinceStart('trigger_reconnects_total'), 'reconnects'),
        ),
      ],
    },
    {
      title: 'Access',
      panels: [
        graph(
          {
            title: 'Tokens refused',
            description:
              'Since the stack was started, by what is wrong with them; unavailable: the keys could not be had.',
          },
          faultLine(sinceStart('tokens_refused_total', { by: ['reason'] }), '{{reason}}'),
        ),
      ],
    },
    {
      title: 'Queues',
      panels: [
        graph(
          { title: 'Depth', description: 'Messages in each pgmq queue, dead-letter queues (…_dlq) too.' },
          line(now('queue_depth', { by: ['queue'] }), '{{queue}}'),
        ),
        graph(
          {
            title: 'Oldest message',
            description: 'Age of the oldest message. A dead letter ages until somebody takes it out.',
          },
          line(now('queue_oldest_age_seconds', { by: ['queue'] }), '{{queue}}'),
        ),
        graph(
          {
            title: 'Dead letters',
            description: 'Since the stack was started: messages given up on, by queue and code of the error.',
          },
          line(sinceStart('dead_letters_total', { by: ['queue', 'code'] }), '{{queue}} {{code}}'),
        ),
      ],
    },
    {
      title: 'Broker (RabbitMQ)',
      panels: [
        graph(
          { title: 'Messages in', description: 'Messages that clients published, by protocol.' },
          line(brokerPerSecond('rabbitmq_global_messages_received_total', { by: ['protocol'] }), '{{protocol}}'),
        ),
        graph(
          { title: 'Messages out', description: 'Messages delivered to consumers, by protocol.' },
          line(brokerPerSecond('rabbitmq_global_messages_delivered_total', { by: ['protocol'] }), '{{protocol}}'),
        ),
        graph(
          {
            title: 'Dropped: nobody subscribed',
            description:
              'Messages that matched no subscription. More than 0 while a trigger is away means that alerts are lost here.',
          },
          line(
            brokerPerSecond('rabbitmq_global_messages_unroutable_dropped_total', { by: ['protocol'] }),
            '{{protocol}}',
          ),
        ),
        graph(
          { title: 'Connections', description: 'Open connections of all protocols.' },
          line(brokerNow('rabbitmq_connections'), 'open'),
        ),
        graph(
          {
            title: 'Memory',
            description: 'At the limit the broker blocks every publisher.',
          },
          line(brokerNow('rabbitmq_process_resident_memory_bytes'), 'used'),
          line(brokerNow('rabbitmq_resident_memory_limit_bytes'), 'limit'),
        ),
        graph(
          { title: 'Disk', description: 'Free space; below its limit the broker blocks every publisher.' },
          line(brokerNow('rabbitmq_disk_space_available_bytes'), 'free'),
          line(brokerNow('rabbitmq_disk_space_available_limit_bytes'), 'limit'),
        ),
      ],
    },
    {
      title: 'IoT data plane, metrics and logs',
      panels: [
        graph(
          { title: 'IoT data plane', description: 'Requests answered, by operation and status.' },
          line(perSecond('iot_requests_total', { by: ['operation', 'status'] }), '{{operation}} {{status}}'),
        ),
        graph(
          {
            title: 'Scraped',
            description: '1 while Prometheus reaches the program. While it is 0, nothing on these pages is of now.',
            thresholds: [from(0, 'red'), from(1, 'green')],
          },
          line(scraped(), '{{job}}'),
        ),
        graph(
          {
            title: 'Metrics refused',
            description:
              'Since the stack was started: lines of metrics that the bridge did not take, and values dropped because a label had too many values.',
          },
          faultLine(sinceStart('bridge_rejected_lines_total'), 'lines refused'),
          faultLine(sinceStart('bridge_label_overflow_total'), 'values dropped'),
        ),
        graph(
          {
            title: 'Log lines cut or lost',
            description:
              'Since the stack was started: lines cut at the length limit, and lines lost because the disk was full or slow.',
          },
          faultLine(sinceStart('log_lines_cut_total'), 'cut'),
          faultLine(sinceStart('log_lines_dropped_total'), 'lost'),
        ),
      ],
    },
  ],
};
