import { MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  batchSize,
  computeTime,
  counter,
  gauge,
  latency,
  type MetricDefinition,
  workTime,
} from './metric-definition.ts';

/** CloudWatch namespace of every metric; the bridge takes no other. */
export const METRIC_NAMESPACE = 'Heartline';

/** The lag is measured every second. */
const LAG_FRESH_S = 15;

/** Every metric there is. A name in EMF equals the name in Prometheus. docs/metrics.md is rendered from this. */
export const catalogue = {
  db_insert_latency_ms: latency(['stage'], 'Time from sending an insert (its whole transaction) to its commit.'),
  db_read_latency_ms: latency(['stage'], 'Time from sending a read to its last row.'),
  db_tps: gauge(
    [],
    MetricUnit.CountPerSecond,
    "Commits a second, from pg_stat_database.xact_commit over 5 s, less the sampler's.",
  ),

  alerts_stored_total: counter(['stage', 'kind', 'severity'], 'Alerts stored for the first time.'),
  alerts_redelivered_total: counter(['stage'], 'Alerts that came again, equal to what was stored: nothing changed.'),
  alerts_conflicting_total: counter(['stage'], 'Alerts whose key was stored before with other content: refused.'),
  staff_notified_total: counter(['stage', 'kind'], 'Notifications that staff received, each counted once.'),
  notifications_suppressed_total: counter(['stage'], 'Redelivered notifications that changed nothing.'),
  notification_latency_ms: latency(
    ['stage'],
    'Time from stored_at (the 201 to the device), in stage at-most-once from the hand-over to the function, to notified_at.',
  ),

  queue_depth: gauge(['queue'], MetricUnit.Count, 'Messages in a pgmq queue, visible and invisible.'),
  queue_visible: gauge(['queue'], MetricUnit.Count, 'Messages in a pgmq queue that can be read now.'),
  queue_oldest_age_seconds: gauge(
    ['queue'],
    MetricUnit.Seconds,
    'Age of the oldest message in a pgmq queue; 0 when it is empty.',
  ),
  dead_letters_total: counter(['queue', 'code'], "Messages given up on, by the error's code."),

  notification_deliveries_total: counter(
    ['channel', 'outcome'],
    'Deliveries of notifications that came to an end, or to another attempt, by what became of them.',
  ),
  notification_delivery_ms: latency(['channel'], 'Time from a delivery being planned to its confirmation.'),
  ward_push_ms: latency([], "Time from being asked for a ward's snapshot to its newest revision being retained."),
  pulse_age_ms: latency([], 'Age of the newest pulse that came all the way, when stations are told of it.'),

  trigger_batches_total: counter(['function', 'source', 'outcome'], 'Batches handed to a function.'),
  trigger_batch_records: batchSize(['function', 'source'], 'Records in a batch.'),
  trigger_batch_duration_ms: latency(
    ['function', 'source'],
    'Time from invoking a function with a batch to its answer.',
  ),
  trigger_records_retried_total: counter(['function', 'source'], 'Records handed to a function again.'),
  trigger_wakeups_total: counter(['function', 'by'], 'Times a waiting trigger woke up, by what woke it.'),
  trigger_reconnects_total: counter([], 'Times a trigger connected again after it lost its source.'),

  http_requests_total: counter(['function', 'status'], 'HTTP requests and WebSocket events answered.'),
  http_request_duration_ms: latency(['function'], 'Time from the request or WebSocket event to its response.'),

  tokens_refused_total: counter(['reason'], 'Requests whose token was not taken, by what is wrong with it.'),

  trigger_connected: gauge(
    ['function', 'source'],
    MetricUnit.Count,
    '1 while a trigger is connected to its source, else 0.',
  ),
  trigger_records_dropped_total: counter(
    ['function', 'source', 'reason'],
    'Records a trigger gave up before or instead of an invocation, by reason.',
  ),

  trigger_records_lost_total: counter(
    ['function', 'stream'],
    "Records that a stream's retention removed before they were read.",
  ),
  trigger_partition_held: gauge(
    ['function', 'stream'],
    MetricUnit.Count,
    '1 while nothing of a partition is handled since its checkpoint is not of this stream, else 0.',
  ),
  trigger_partitions_moved_total: counter(
    ['function', 'stream', 'change'],
    'Times that a worker became the active consumer of a partition, or ceased to be.',
  ),

  producer_sent_msgs: counter(['stage'], 'Messages a producer sent; where it waits for a confirm, confirmed ones.'),
  producer_latency_ms: latency(
    ['stage'],
    "Time that sending a message takes; where the producer waits for the broker's confirm, until that.",
  ),
  consumer_received_msgs: counter(['stage'], 'Messages a consumer received, redelivered and refused ones too.'),
  messages_refused_total: counter(['stage', 'reason'], 'Messages received and not taken, by reason.'),
  iot_requests_total: counter(['operation', 'status'], 'Requests that the IoT data plane answered.', 'local'),
  rabbitmq_stream_consumer_lag_messages: gauge(
    ['stream', 'consumer'],
    MetricUnit.Count,
    "Messages between a stream's last offset and the consumer's stored one.",
    'at-least-once',
    LAG_FRESH_S,
  ),

  events_accepted_total: counter(
    ['outcome'],
    'Medical events sent in, by what became of them: new, same, different, or an error’s code.',
  ),
  events_attempted_total: counter(
    ['outcome'],
    'Attempts at medical events that ended, by how; fenced: too late, nothing was stored.',
  ),
  events_skipped_total: counter(
    ['reason'],
    'Records of medical events that begin no attempt: repetitions, or another event’s id.',
  ),
  event_queued_latency_ms: workTime(
    [],
    'Time from the acceptance of a medical event to the beginning of its first attempt.',
  ),
  event_processing_latency_ms: workTime([], 'Time that an attempt at a medical event takes the processor.'),
  event_processed_latency_ms: workTime(
    [],
    'Time from the acceptance of a medical event to its result in the database.',
  ),
  event_changes_pushed_total: counter(
    ['outcome'],
    'Changes of medical events sent to feeds, each feed counted; gone: its connection had ended; failed: the WebSocket API was away.',
  ),
  event_change_latency_ms: latency([], 'Time from a change of a medical event to its sending to a feed.'),
  processor_circuit_open: gauge(
    [],
    MetricUnit.Count,
    '1 while the circuit to the processor is open, 0.5 while it is probed, else 0.',
  ),

  readings_taken_total: counter(
    ['outcome'],
    'Vital signs received, by what became of them: stored; same: there before; or why they were not stored.',
  ),
  thresholds_broken_scopes: gauge(
    [],
    MetricUnit.Count,
    'Scopes whose thresholds a process has read and left out, since they contradict themselves or are none.',
  ),
  thresholds_followed: gauge(
    [],
    MetricUnit.Count,
    '1 while a process has read all thresholds and hears of each change, 0 while it goes by what it last knew.',
  ),

  orders_total: counter(['via', 'status', 'reason'], 'Purchases decided, by the way that they came.'),
  orders_repeated_total: counter(['via'], 'Purchases that came again under their key: nothing changed.'),
  order_accept_latency_ms: latency(['via'], 'Time until a purchase is answered: decided, or in the stream.'),
  order_decided_latency_ms: latency(['via'], 'Time from the acceptance of a purchase to its decision.'),
  db_lock_wait_ms: gauge(
    [],
    MetricUnit.Milliseconds,
    'How long the session has waited that waits for a lock longest, looked at once a second; 0: none does.',
  ),
  db_lock_waiters: gauge([], MetricUnit.Count, 'Sessions that wait for a lock, looked at once a second.'),
  inventory_oversold_units: gauge(
    ['of'],
    MetricUnit.Count,
    'Units in confirmed orders beyond what there was to sell, when it was last checked.',
  ),

  readings_evaluated_total: counter([], 'Readings of vital signs that the alerter has taken.'),
  readings_unusable_total: counter(
    ['reason'],
    'Readings that no rule could judge as they are: late, repeated, out of order, of an unknown kind, of no living patient …',
  ),
  reading_evaluation_ms: computeTime([], 'Time that judging a reading takes, a batch’s mean.'),
  reading_alert_latency_ms: latency(
    ['priority'],
    'Time from the arrival of a reading in the stream to the alert event in the stream of alerts.',
  ),
  alert_events_total: counter(['type', 'rule', 'priority'], 'What the alerter told: start, update, escalate, end.'),
  alerter_patients: gauge(['consumer'], MetricUnit.Count, 'Patients whose state the alerter has, by partition.'),
  snapshot_latency_ms: latency([], 'Time to store a partition’s state with its checkpoint.'),
  snapshots_failed_total: counter(
    [],
    'Times that a state could not be stored, so that a crash would replay more, or could not be read.',
  ),

  desk_events_total: counter(
    ['outcome'],
    'Alert events that came to the alert desk: taken, or known: they came before, or something newer did.',
  ),
  desk_transitions_total: counter(
    ['trigger', 'by'],
    'Transitions of alerts, by what led to them and the role of who did: system is the alerter, the clock, the desk.',
  ),
  desk_commands_total: counter(['command', 'outcome'], 'Commands of staff: done, or by the code of their refusal.'),
  desk_notifications_total: counter(
    ['kind', 'via'],
    'Notifications that had to leave, by what they say and how their people were found.',
  ),
  desk_response_ms: workTime(['priority'], 'Time from the opening of an alert to the first answer of staff.'),
  desk_timer_lateness_ms: latency([], 'Time from when an alert had to be looked at again to when it was.'),

  bridge_rejected_lines_total: counter(['reason'], 'EMF lines not taken, or not in full, by reason.', 'local'),
  bridge_label_overflow_total: counter(['metric'], 'Values dropped since a metric had too many label sets.', 'local'),
  log_lines_cut_total: counter(['source'], 'Log lines cut at the length limit.', 'local'),
  log_lines_dropped_total: counter([], 'Log lines lost: the disk was full or slower than what logs.', 'local'),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof catalogue;

type LabelName<N extends MetricName> = (typeof catalogue)[N]['labels'][number];

/** The labels of a metric, all of them and no other. */
export type LabelsOf<N extends MetricName> = [LabelName<N>] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [L in LabelName<N>]: string };

/** Arguments after the value: a metric without labels takes none. */
export type LabelArguments<N extends MetricName> = [LabelName<N>] extends [never]
  ? [labels?: LabelsOf<N>]
  : [labels: LabelsOf<N>];

export type NamesOfType<T extends MetricDefinition['type']> = {
  [N in MetricName]: (typeof catalogue)[N]['type'] extends T ? N : never;
}[MetricName];

/** Records one value. Only names of the catalogue compile, with exactly their labels. */
export type RecordMetric = <N extends MetricName>(name: N, value: number, ...labels: LabelArguments<N>) => void;

/** The catalogue by name, for names that come from outside (never index the object with those: `__proto__`). */
export const definitions: ReadonlyMap<string, MetricDefinition> = new Map(Object.entries(catalogue));
