import { ALERT_KINDS, SEVERITIES } from './alert-kinds.ts';
import type { QueuedAlert } from './alert-message.ts';

/**
 * What staff read, on one line: priority and expected response first (IEC 60601-1-8), then what, where, when. It names the
 * patient by identifier only.
 */
export function notificationText(alert: Omit<QueuedAlert, 'storedAt' | 'traceparent'> & { bed?: string }): string {
  const { severity, kind, ward, bed, patientId, deviceId, detectedAt } = alert;
  return (
    `${severity.toUpperCase()} (${SEVERITIES[severity]}): ${ALERT_KINDS[kind]} (${kind}), ` +
    `ward ${ward}, ${bed === undefined ? '' : `bed ${bed}, `}patient ${patientId}, device ${deviceId}, detected ${detectedAt}`
  );
}
