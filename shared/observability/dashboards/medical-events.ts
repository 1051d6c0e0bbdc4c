import { type Dashboard, faultLine, figure, graph, line } from './dashboard.ts';
import { from, functionPanels, latencyGraph, P50, P95, P99 } from './panels.ts';
import { now, perSecond, quantile, sinceStart } from './promql.ts';

const stage = 'medical-events';
const ofConsumer = { where: { consumer: 'process-event' } };
const ofWorkers = { where: { function: 'process-event' } };
const ofStream = { where: { source: 'medical-events' } };
const ofDeadLetters = { where: { queue: 'medical-events' } };
const ofStage = { where: { stage } };
const FUNCTIONS = ['post-event', 'post-events', 'get-event', 'list-patient-events'];

/** What is promised to whoever sends an event: p99. */
const ACCEPT_LIMIT_MS = 50;
const HALF_OPEN = 0.5;
const ONE = 1;

/** Medical events: accepted at once, worked on slowly, a patient's one after the other. */
export const medicalEvents: Dashboard = {
  name: 'medical-events',
  title: 'Heartline: medical events',
  description:
    'A fast 202 in front of slow work: each event is processed once, the events of a patient in their order, across replicas.',
  sections: [
    {
      title: 'Is it well?',
      panels: [
        figure(
          {
            title: 'Accepted, p99',
            description: `From the request to the stream's confirm, in the time shown. Below ${ACCEPT_LIMIT_MS} ms is promised.`,
            thresholds: [from(ACCEPT_LIMIT_MS, 'red')],
          },
          line(quantile(P99, 'producer_latency_ms', { ...ofStage, over: 'timeShown' }), 'p99'),
        ),
        figure(
          {
            title: 'Behind',
            description: 'Events in the stream from the first on that is not at its end, all partitions.',
          },
          line(now('rabbitmq_stream_consumer_lag_messages', ofConsumer), 'behind'),
        ),
        figure(
          {
            title: 'Circuit to the processor',
            description: '0 closed, 0.5 probed, 1 open: nothing is begun, and no attempt is spent.',
            thresholds: [from(HALF_OPEN, 'orange'), from(ONE, 'red')],
          },
          line(now('processor_circuit_open'), 'circuit'),
        ),
        figure(
          {
            title: 'Dead letters since start',
            description: 'Events given up on. Each needs a person: see npm run redrive.',
            thresholds: [from(ONE, 'red')],
          },
          faultLine(sinceStart('dead_letters_total', ofDeadLetters), 'dead letters'),
        ),
      ],
    },
    {
      title: 'From the request to the result',
      panels: [
        graph(
          { title: 'Sent in', description: 'Events of requests, by what became of them.' },
          line(perSecond('events_accepted_total', { by: ['outcome'] }), '{{outcome}}'),
        ),
        latencyGraph('producer_latency_ms', stage, {
          title: 'Until it is in the stream (producer_latency_ms)',
          description: 'From the request to the confirm of the broker.',
          thresholds: [from(ACCEPT_LIMIT_MS, 'red')],
        }),
        graph(
          {
            title: 'Until it is begun (event_queued_latency_ms)',
            description:
              'From the acceptance to the first attempt. Behind a patient’s other events it takes as long as they do.',
          },
          line(quantile(P50, 'event_queued_latency_ms'), 'p50'),
          line(quantile(P95, 'event_queued_latency_ms'), 'p95'),
        ),
        graph(
          { title: 'The work (event_processing_latency_ms)', description: 'An attempt, good or bad.' },
          line(quantile(P50, 'event_processing_latency_ms'), 'p50'),
          line(quantile(P95, 'event_processing_latency_ms'), 'p95'),
        ),
        graph(
          {
            title: 'Until the result is stored (event_processed_latency_ms)',
            description: 'From the acceptance to the result in the database.',
          },
          line(quantile(P50, 'event_processed_latency_ms'), 'p50'),
          line(quantile(P95, 'event_processed_latency_ms'), 'p95'),
        ),
        graph(
          {
            title: 'Attempts by how they ended',
            description:
              'processed; failed: comes again; dead: given up on; returned: the circuit is open, or the process ended; fenced: too late, nothing was stored.',
          },
          line(perSecond('events_attempted_total', { by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          {
            title: 'Records that begin nothing',
            description: 'Since the stack was started: repetitions, and records under another event’s id.',
          },
          line(sinceStart('events_skipped_total', { by: ['reason'] }), '{{reason}}'),
        ),
        graph(
          {
            title: 'Behind, by partition',
            description: 'Events behind the first of the partition that is not at its end.',
          },
          line(now('rabbitmq_stream_consumer_lag_messages', { ...ofConsumer, by: ['stream'] }), '{{stream}}'),
        ),
      ],
    },
    {
      title: 'The live feed',
      panels: [
        graph(
          {
            title: 'Changes sent to feeds',
            description:
              'Each feed counted. gone: its connection had ended; failed: the WebSocket API was away, and the change comes again.',
          },
          line(perSecond('event_changes_pushed_total', { by: ['outcome'] }), '{{outcome}}'),
        ),
        graph(
          {
            title: 'Until a feed has it (event_change_latency_ms)',
            description: 'From the change in the database to its sending.',
          },
          line(quantile(P50, 'event_change_latency_ms'), 'p50'),
          line(quantile(P95, 'event_change_latency_ms'), 'p95'),
        ),
      ],
    },
    {
      title: 'Around it',
      panels: [
        latencyGraph('db_insert_latency_ms', stage, {
          title: 'Write (db_insert_latency_ms)',
          description: 'Events accepted, begun and ended; many go in one statement.',
        }),
        latencyGraph('db_read_latency_ms', stage, {
          title: 'Read (db_read_latency_ms)',
          description: 'Events, by id and by patient.',
        }),
        graph(
          { title: 'Invocations', description: 'Of process-event, by outcome: each is an event.' },
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
