import { connect } from 'mqtt';
import { formatDeviceTopic } from '../../shared/mqtt/device-topic.ts';
import { HEART_RATE } from '../../shared/vitals/kinds.ts';

/** Patients of the burst: in their own beds of the wards that there are. */
const BEDS_A_WARD = 25;
/** Beyond every severe limit: told at once, and of high priority. */
const RATE = 200;

/** Sends one such reading for each of so many patients, at once, and returns when that was (epoch ms) and whose they are. */
export async function sendBurst(
  url: string,
  patients: number,
): Promise<{ atMs: number; patientIds: readonly string[] }> {
  const client = connect(url, { protocolVersion: 5, clientId: `lab-burst-${process.pid}` });
  await new Promise<void>((resolve, reject) => client.once('connect', () => resolve()).once('error', reject));
  const atMs = Date.now();
  const all = Array.from({ length: patients }, (_, index) => ({
    patientId: `burst-${index}`,
    ward: `icu-${1 + Math.floor(index / BEDS_A_WARD)}`,
    bed: `burst-${index}`,
    deviceId: `burst-${index}`,
  }));
  await Promise.all(
    all.map((one) => {
      const readings = [{ code: HEART_RATE, value: RATE, unit: '/min', time: new Date(atMs).toISOString() }];
      const topic = formatDeviceTopic({ ward: one.ward, bed: one.bed, patientId: one.patientId, kind: 'vitals' });
      return client.publishAsync(topic, JSON.stringify({ ...one, readings }), { qos: 1 });
    }),
  );
  await client.endAsync();
  return { atMs, patientIds: all.map(({ patientId }) => patientId) };
}
