import { randomUUID } from 'node:crypto';
import mqtt from 'mqtt';
import { stationTopic, type WardSnapshot, wardSnapshot } from '../../../shared/alert-desk/alert-item.ts';

export interface WatchingStation {
  /** All that came, in its order; the newest is on the screen. */
  readonly shown: readonly WardSnapshot[];
  close(): Promise<void>;
}

/** A station that shows a ward, and says so. */
export async function watchingStation(url: string, ward: string): Promise<WatchingStation> {
  const client = await mqtt.connectAsync(url, { clientId: `station-${randomUUID()}`, protocolVersion: 5 });
  const shown: WardSnapshot[] = [];
  client.on('message', (_topic, payload) => {
    const snapshot = wardSnapshot.parse(JSON.parse(payload.toString()));
    shown.push(snapshot);
    const receipt = JSON.stringify({ stationId: 'station-1', revision: snapshot.revision });
    client.publish(stationTopic(ward, 'receipts'), receipt, { qos: 1 });
  });
  await client.subscribeAsync(stationTopic(ward, 'alerts'), { qos: 1 });
  return { shown, close: () => client.endAsync(true) };
}
