import { DELIVERY } from '../alert-desk/desk-rules.ts';
import { type AlertEvent, alertEventIdOf, alertIdOf } from '../vitals/alert-event.ts';

/** That a channel does not confirm what is told of a ward. */
export interface ChannelAlarm {
  readonly ward: string;
  readonly channel: string;
  readonly occurrence: number;
  readonly error: string;
  readonly priority: 'high' | 'medium';
  readonly raisedAt: Date;
  readonly overAt: Date | null;
}

/** Whose it is: no patient's, so the ward's own, and no two wards wait for each other. */
const patientOf = (ward: string) => `ward:${ward}`;
const NO_BED = '-';

/** The alarm as alert events: its start, and its end when it is over. Made again they are the same. */
export function alarmEvents({
  ward,
  channel,
  occurrence,
  error,
  priority,
  raisedAt,
  overAt,
}: ChannelAlarm): AlertEvent[] {
  const condition = `${DELIVERY}/${channel}`;
  const patientId = patientOf(ward);
  const alertId = alertIdOf(patientId, condition, raisedAt.getTime(), occurrence);
  const event = (type: 'start' | 'end', sequence: number, at: Date): AlertEvent => ({
    eventId: alertEventIdOf(alertId, sequence),
    ...{ alertId, type, sequence, patientId, ward, condition, priority },
    bed: NO_BED,
    deviceId: `channel:${channel}`,
    rule: DELIVERY,
    category: 'technical',
    kind: null,
    onset: raisedAt.toISOString(),
    at: at.toISOString(),
    detail: { channel, error },
  });
  const start = event('start', 1, raisedAt);
  return overAt === null ? [start] : [start, event('end', 2, overAt)];
}
