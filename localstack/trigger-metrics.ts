import type { RecordMetric } from '../shared/observability/catalogue.ts';
import type { TriggerEvent } from './triggers/event-source.ts';

/** Turns what an event source says it did into the metrics of the catalogue. Queue depth comes from the database sampler. */
export function recordTriggerEvent(event: TriggerEvent, recordMetric: RecordMetric): void {
  const labels = { function: event.function, source: event.source };
  switch (event.type) {
    case 'batchInvoked':
      recordMetric('trigger_batches_total', 1, { ...labels, outcome: event.outcome });
      recordMetric('trigger_batch_records', event.records, labels);
      recordMetric('trigger_batch_duration_ms', event.durationMs, labels);
      break;
    case 'recordRetried':
      recordMetric('trigger_records_retried_total', 1, labels);
      break;
    case 'recordDeadLettered':
      recordMetric('dead_letters_total', 1, { queue: event.source, code: event.code });
      break;
    case 'sourceRead':
      recordMetric('db_read_latency_ms', event.durationMs, { stage: stageOf(event.source) });
      break;
    case 'woken':
      recordMetric('trigger_wakeups_total', 1, { function: event.function, by: event.by });
      break;
    case 'reconnected':
      recordMetric('trigger_reconnects_total', 1);
      break;
    case 'connected':
      recordMetric('trigger_connected', 1, labels);
      break;
    case 'disconnected':
      recordMetric('trigger_connected', 0, labels);
      break;
    case 'recordsDropped':
      recordMetric('trigger_records_dropped_total', event.records, { ...labels, reason: event.reason });
      break;
    case 'lagMeasured':
      recordMetric('rabbitmq_stream_consumer_lag_messages', event.records, {
        stream: event.partition,
        consumer: event.consumer,
      });
      break;
    case 'recordsLost':
      recordMetric('trigger_records_lost_total', event.records, { function: event.function, stream: event.partition });
      break;
    case 'partitionHeld':
      recordMetric('trigger_partition_held', 1, { function: event.function, stream: event.partition });
      break;
    case 'partitionAssigned':
      recordMetric('trigger_partition_held', 0, { function: event.function, stream: event.partition });
      recordMetric('trigger_partitions_moved_total', 1, {
        function: event.function,
        stream: event.partition,
        change: 'assigned',
      });
      break;
    case 'partitionRevoked':
      recordMetric('trigger_partitions_moved_total', 1, {
        function: event.function,
        stream: event.partition,
        change: 'revoked',
      });
      break;
    case 'recordsFiltered':
      break;
  }
}

/** A queue is named `<stage>_<what>`, with the stage's hyphens as underscores. */
function stageOf(source: string): string {
  return source.split('_').slice(0, -1).join('-');
}
