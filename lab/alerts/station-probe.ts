import { connect } from 'mqtt';
import { type AlertItem, stationTopic, wardSnapshot } from '../../shared/alert-desk/alert-item.ts';

/** What stations of all wards have been shown. */
export interface StationProbe {
  /** By alert id, epoch ms: when it was on the wall first. */
  readonly seen: ReadonlyMap<string, number>;
  /** Of each ward, the newest. */
  readonly walls: ReadonlyMap<string, readonly AlertItem[]>;
  /** Times that an older picture came behind a newer one. */
  readonly stale: () => number;
  readonly snapshots: () => number;
  stop(): Promise<void>;
}

/** Looks at the walls of all wards as a station does, over MQTT at QoS 1, and says that it has them. */
export async function startStationProbe(
  url: string,
  onWall: (alerts: readonly AlertItem[]) => void,
): Promise<StationProbe> {
  const seen = new Map<string, number>();
  const walls = new Map<string, readonly AlertItem[]>();
  const revisions = new Map<string, number>();
  let stale = 0;
  let snapshots = 0;
  const client = connect(url, { protocolVersion: 5, clientId: `lab-station-${process.pid}` });
  client.on('message', (_topic, payload) => {
    const nowMs = Date.now();
    const { ward, revision, alerts } = wardSnapshot.parse(JSON.parse(payload.toString()));
    snapshots += 1;
    if (revision < (revisions.get(ward) ?? 0)) {
      stale += 1;
      return;
    }
    revisions.set(ward, revision);
    for (const { alertId } of alerts) if (!seen.has(alertId)) seen.set(alertId, nowMs);
    walls.set(ward, alerts);
    client.publish(stationTopic(ward, 'receipts'), JSON.stringify({ stationId: 'lab', revision }), { qos: 1 });
    onWall(alerts);
  });
  await client.subscribeAsync(stationTopic('+', 'alerts'), { qos: 1 });
  return { seen, walls, stale: () => stale, snapshots: () => snapshots, stop: () => client.endAsync() };
}
