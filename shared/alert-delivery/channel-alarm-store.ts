import type { ChannelAlarm } from './channel-alarm.ts';
import { type DeliveryContext, STAGE } from './delivery-context.ts';

export type AlarmKey = Pick<ChannelAlarm, 'ward' | 'channel' | 'occurrence'>;

const READ = `
  SELECT a.ward, a.channel, a.occurrence, a.error, a.priority, a.raised_at AS "raisedAt", a.over_at AS "overAt"
  FROM alert_desk.channel_alarms AS a
    JOIN unnest($1::text[], $2::text[], $3::int[]) AS k (ward, channel, occurrence) USING (ward, channel, occurrence)`;

/** The alarms as they are now. */
export async function channelAlarms(
  keys: readonly AlarmKey[],
  { database, recordMetric }: DeliveryContext,
): Promise<ChannelAlarm[]> {
  if (keys.length === 0) return [];
  const startedAt = performance.now();
  const rows = await database.query<ChannelAlarm & Record<string, unknown>>({
    name: 'channel-alarms',
    text: READ,
    values: [
      keys.map(({ ward }) => ward),
      keys.map(({ channel }) => channel),
      keys.map(({ occurrence }) => occurrence),
    ],
  });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return rows;
}
