// Stage vitals by hand: an alert that starts, escalates, comes down and ends; readings that nothing can be made of; broken thresholds; a state that cannot be stored.

import { randomUUID } from 'node:crypto';
import { fetchAllowed } from '../../../shared/testing/fetch-as.ts';
import { HEART_RATE, KINDS, SPO2, SYSTOLIC } from '../../../shared/vitals/kinds.ts';
import type { RawReading } from '../../../shared/vitals/vitals-message.ts';
import { counted, publish } from './mqtt-faults.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const WARD = 'icu-1';
const BED = 'bed-1';
const SECOND_MS = 1_000;
/** More than a device's clock may be ahead, and longer than a reading may take to arrive. */
const FAR_S = 600;
const QOS = 1;

/** By the built-in limits: within, beyond the limit, beyond the severe one, back from that, within. */
const PRESSURES = [120, 85, 60, 80, 120];

/** Messages of one patient, and one that is none; thresholds set, read, refused and broken; readings read. */
export async function driveVitals(scraped: ScrapedStack): Promise<void> {
  const { database, endpoints } = scraped;
  const patientId = `panel-${randomUUID().slice(0, 8)}`;
  const topic = `hl/${WARD}/${BED}/${patientId}/vitals`;
  const send = (body: string) => publish(scraped, topic, body, QOS);
  const ask = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const put = { method: 'PUT', headers, body: JSON.stringify(body) };
    await (await fetchAllowed(`${endpoints.http}/${path}`, body === undefined ? {} : put)).arrayBuffer();
  };
  const message = JSON.stringify({
    patientId,
    ward: WARD,
    bed: BED,
    deviceId: 'panel',
    readings: readings(Date.now()),
  });
  await send(message);
  // As a device does that was not told that it had arrived.
  await send(message);
  await send('no JSON');
  const changed = { reason: 'to be seen' };
  await ask(`thresholds/patients/${patientId}`, { limits: { [SPO2]: [{ low: 88 }] }, ...changed });
  await ask(`thresholds/patients/${patientId}`, { limits: { [SPO2]: [{ low: 120 }] }, ...changed });
  await ask(`thresholds/patients/${patientId}?effective=true&ward=${WARD}`);
  await database.pool.query(
    `INSERT INTO vitals.thresholds (scope, document) VALUES ('ward:panel', '{"limits": {"no such kind": []}}') ON CONFLICT DO NOTHING`,
  );
  await counted(scraped, 'the alert to have ended', /^alert_events_total\{type="end",.*\} [1-9]/m);
  await counted(scraped, 'the repetition', /^readings_taken_total\{outcome="same"\} [1-9]/m);
  await counted(scraped, 'the broken thresholds', /^thresholds_broken_scopes 1/m);
  await counted(scraped, 'the dead letter', /^dead_letters_total\{queue="vitals",.*\} [1-9]/m);
  await ask(`patients/${patientId}/vitals?kind=SBP`);
}

/** Blood pressures, a second each, the last of them now; then each kind of reading that is not judged as it is. */
function readings(nowMs: number): RawReading[] {
  const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * SECOND_MS).toISOString();
  const pressure = (value: number, secondsAgo: number): RawReading => ({
    code: SYSTOLIC,
    value,
    unit: KINDS[SYSTOLIC].unit,
    time: at(secondsAgo),
  });
  const rate = (more: Partial<RawReading>): RawReading => ({
    code: HEART_RATE,
    value: 72,
    unit: KINDS[HEART_RATE].unit,
    time: at(0),
    ...more,
  });
  return [
    ...PRESSURES.map((value, index) => pressure(value, PRESSURES.length - 1 - index)),
    pressure(120, 0),
    pressure(120, 1 / 2),
    rate({ time: at(-FAR_S) }),
    rate({ time: at(FAR_S) }),
    rate({ time: 'yesterday' }),
    rate({ code: 'none of ours' }),
    rate({ value: 'seventy', time: at(3) }),
    rate({ unit: 'Hz', time: at(2) }),
    rate({ value: 900, time: at(1) }),
  ];
}

/** Nothing is written to the snapshots until one has failed. */
export async function holdUpSnapshots(scraped: ScrapedStack): Promise<void> {
  const locker = await scraped.database.pool.connect();
  try {
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE vitals.snapshots IN EXCLUSIVE MODE');
    await counted(scraped, 'a state that could not be stored', /^snapshots_failed_total [1-9]/m);
    await locker.query('ROLLBACK');
  } finally {
    locker.release();
  }
}
