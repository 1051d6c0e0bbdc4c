import type { AlertBody } from './alert.ts';

/** How one attempt to send an alert ended. Only `retry` leaves the alert with the monitor. */
export type DeliveryResult =
  | { readonly status: 'stored' | 'redelivered' }
  | { readonly status: 'refused'; readonly code: string }
  | { readonly status: 'retry'; readonly reason: string; readonly retryAfterMs?: number };

/** Sends an alert once. An error it throws counts as `retry`: whether the alert arrived is not known. */
export type Deliver = (alert: AlertBody, signal: AbortSignal) => Promise<DeliveryResult>;

export type Outcome = Exclude<DeliveryResult['status'], 'retry'>;
