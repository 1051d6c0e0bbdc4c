import pg from 'pg';

/** What the database has at the end of a run. */
export interface Evidence {
  /** By alert id; `openedAtMs`: when the desk had it. */
  readonly alerts: ReadonlyMap<string, { readonly rule: string; readonly openedAtMs: number }>;
  /** Alerts whose versions are not in the audit trail, each once. */
  readonly unaudited: readonly string[];
  /** Alerts whose condition began again: another one took their place on the wall. */
  readonly superseded: ReadonlySet<string>;
  /** By alert id, the versions that somebody acknowledged. */
  readonly acknowledgements: ReadonlyMap<string, readonly number[]>;
  /** Notifications of the kinds that somebody has to hear of, without any delivery. */
  readonly undelivered: readonly string[];
  /** By delivery id: what became of it on the way to the pager. */
  readonly pages: ReadonlyMap<string, string>;
  /** Deliveries that are still to be made. */
  readonly pending: number;
}

const ALERTS = 'SELECT alert_id, rule, opened_at FROM alert_desk.alerts';
const UNAUDITED = `
  SELECT alert_id FROM alert_desk.alerts AS a
  WHERE version <> (SELECT count(DISTINCT h.version) FROM alert_desk.history AS h WHERE h.alert_id = a.alert_id)
     OR version <> (SELECT count(*) FROM alert_desk.history AS h WHERE h.alert_id = a.alert_id)`;
const ACKNOWLEDGEMENTS = `SELECT alert_id, version FROM alert_desk.history WHERE trigger = 'acknowledge'`;
const SUPERSEDED = `SELECT DISTINCT alert_id FROM alert_desk.history WHERE trigger = 'supersede'`;
const UNDELIVERED = `
  SELECT notification_id FROM alert_desk.notifications AS n
  WHERE kind IN ('ask', 're-alarm') AND created_at <= to_timestamp($1::float8 / 1000)
    AND NOT EXISTS (SELECT FROM alert_desk.deliveries AS d WHERE d.notification_id = n.notification_id)`;
const PAGES = `SELECT delivery_id, state FROM alert_desk.deliveries WHERE channel = $1`;
const PENDING = `
  SELECT count(*)::int AS pending FROM alert_desk.deliveries
  WHERE state IN ('pending', 'sent') AND channel = $1 AND created_at <= to_timestamp($2::float8 / 1000)`;

/** @param throughMs epoch ms: what was to be told later need not be under way yet */
export async function readEvidence(url: string, channel: string, throughMs: number): Promise<Evidence> {
  const client = new pg.Client({ connectionString: url, application_name: 'lab-alerts' });
  await client.connect();
  try {
    const rows = async <Row extends object>(text: string, values: unknown[] = []) =>
      (await client.query<Row>(text, values)).rows;
    const alerts = await rows<{ alert_id: string; rule: string; opened_at: Date }>(ALERTS);
    const acknowledged = await rows<{ alert_id: string; version: number }>(ACKNOWLEDGEMENTS);
    return {
      alerts: new Map(
        alerts.map(({ alert_id, rule, opened_at }) => [alert_id, { rule, openedAtMs: opened_at.getTime() }]),
      ),
      unaudited: (await rows<{ alert_id: string }>(UNAUDITED)).map(({ alert_id }) => alert_id),
      superseded: new Set((await rows<{ alert_id: string }>(SUPERSEDED)).map(({ alert_id }) => alert_id)),
      acknowledgements: new Map(
        [...Map.groupBy(acknowledged, ({ alert_id }) => alert_id)].map(([id, found]) => [
          id,
          found.map(({ version }) => version),
        ]),
      ),
      undelivered: (await rows<{ notification_id: string }>(UNDELIVERED, [throughMs])).map(
        ({ notification_id }) => notification_id,
      ),
      pages: new Map(
        (await rows<{ delivery_id: string; state: string }>(PAGES, [channel])).map(({ delivery_id, state }) => [
          delivery_id,
          state,
        ]),
      ),
      pending: (await rows<{ pending: number }>(PENDING, [channel, throughMs]))[0]?.pending ?? 0,
    };
  } finally {
    await client.end();
  }
}
