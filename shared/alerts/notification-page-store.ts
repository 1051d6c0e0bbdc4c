import { z } from 'zod';
import { encodeCursor, type ListStart } from './notification-cursor.ts';
import type { NotificationContext } from './notification-store.ts';

/** A stage's table of notifications, as a list for staff. */
export interface NotificationList<Member extends string> {
  stage: string;
  /** It has `sequence`, numbers in the order of commit (see record_in_turn in its migration), and `notified_at`. */
  table: string;
  /** Each member of a notification, in the order of the answer, and the column (text, uuid, timestamptz) it is read from. */
  columns: Readonly<Record<Member, string>>;
}

export interface NotificationPage<Member extends string> {
  /** As staff read them; instants are ISO 8601 in UTC. */
  notifications: Record<Member, string>[];
  /** Where the next page starts; on an empty page, where to ask again later. */
  nextCursor: string;
}

type Row<Member extends string> = Record<Member, string | Date> & { sequence: string };

/**
 * Reads one page of a stage's notifications after `start`, in a stable order that skips none, each on one page only. `schema` is the page's.
 * @throws TransientError when the database is away or slow.
 */
export function notificationPages<Member extends string>({ stage, table, columns }: NotificationList<Member>) {
  const members = Object.keys(columns) as Member[];
  // In the order of commit: none can appear behind a cursor.
  const text = `
    SELECT sequence, ${members.map((member) => `${columns[member]} AS "${member}"`).join(', ')}
    FROM ${table}
    WHERE sequence > $1::bigint AND notified_at >= $2::timestamptz
    ORDER BY sequence
    LIMIT $3`;

  function toNotification(row: Row<Member>): Record<Member, string> {
    const entries = members.map((member) => {
      const value = row[member];
      return [member, value instanceof Date ? value.toISOString() : value];
    });
    return Object.fromEntries(entries);
  }

  const schema = z.strictObject({
    notifications: z.array(z.record(z.enum(members), z.string())),
    nextCursor: z.string(),
  });
  const read = async (
    start: ListStart,
    limit: number,
    { database, recordMetric }: NotificationContext,
  ): Promise<NotificationPage<Member>> => {
    const startedAt = performance.now();
    const rows = await database.query<Row<Member>>({
      name: `list-notifications-${stage}`,
      text,
      values: [start.sequence, start.notBefore, limit],
    });
    recordMetric('db_read_latency_ms', performance.now() - startedAt, { stage });
    const last = rows.at(-1);
    const next = last ? { ...start, sequence: last.sequence } : start;
    return { notifications: rows.map(toNotification), nextCursor: encodeCursor(next) };
  };
  return Object.assign(read, { schema });
}
