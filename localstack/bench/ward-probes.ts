import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { alertEventSchema } from '../../shared/vitals/alert-event.ts';
import { isPulseRecord } from '../../shared/vitals/judged-pulse.ts';
import { HEART_RATE, KINDS } from '../../shared/vitals/kinds.ts';
import type { VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import { contentOf, tailSuperStream } from '../tail/tail-super-stream.ts';
import type { BenchServices } from './bench-worker.ts';

/** A ward of each partition (functions/topology.yml). */
const WARDS = ['icu-1', 'icu-2', 'icu-3', 'icu-4'];
/** What is measured is exact to this. */
const EVERY_MS = 50;
/** Far beyond the severe limit, and well within: each is an event at once. */
const HIGH = 220;
const NORMAL = 80;

const patientIn = (ward: string) => `probe-${ward}`;

function messageOf(ward: string, value: number): VitalsMessage {
  const time = new Date().toISOString();
  const readings = [{ code: HEART_RATE, value, unit: KINDS[HEART_RATE].unit, time }];
  return { patientId: patientIn(ward), ward, bed: 'probe', deviceId: 'probe', readings };
}

export interface Probes {
  /** Of each partition: milliseconds from then (epoch ms) until the first alert was there that a later reading caused, if one was. */
  heardAfter(sinceMs: number): readonly (number | undefined)[];
  stop(): Promise<void>;
}

/** A patient in each partition whose every reading starts or ends an alert. */
export async function startProbes({ endpoints }: BenchServices): Promise<Probes> {
  /** Of a patient's alerts: when the reading was measured, and when the alert was there. */
  const heard = new Map<string, [atMs: number, heardMs: number][]>(WARDS.map((ward) => [patientIn(ward), []]));
  const endTail = await tailSuperStream(endpoints.stream, 'alerts', (records) => {
    const heardMs = Date.now();
    for (const record of records) {
      if (isPulseRecord(record)) continue;
      const { patientId, at } = alertEventSchema.parse(contentOf(record));
      heard.get(patientId)?.push([Date.parse(at), heardMs]);
    }
  });
  const device = await connectAsync(endpoints.mqtt, { protocolVersion: 5 });
  let stopped = false;
  const send = async () => {
    for (let turn = 0; !stopped; turn += 1) {
      for (const ward of WARDS) {
        const message = messageOf(ward, turn % 2 === 0 ? HIGH : NORMAL);
        const topic = `hl/${ward}/${message.bed}/${message.patientId}/vitals`;
        await device.publishAsync(topic, JSON.stringify(message), { qos: 1 });
      }
      await sleep(EVERY_MS);
    }
  };
  const sending = send();
  return {
    heardAfter: (sinceMs) =>
      [...heard.values()].map((events) => {
        const first = events.find(([atMs]) => atMs >= sinceMs);
        return first && first[1] - sinceMs;
      }),
    async stop() {
      stopped = true;
      await sending;
      await device.endAsync();
      await endTail();
    },
  };
}
