import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';

export interface DeliveryContext {
  readonly database: Database;
  readonly recordMetric: RecordMetric;
}

export const STAGE = { stage: 'alerts' } as const;

/** `{deliveryId}` or `{alarm}`, to be read when it is due. */
export const DELIVERIES_QUEUE = 'alert_deliveries';
/** `{ward, revision}` */
export const WARDS_QUEUE = 'alert_wards';
/** `{partition}` */
export const HEARTBEATS_QUEUE = 'alert_heartbeats';
