import { z } from 'zod';
import { stationTopic, type WardSnapshot } from '../alert-desk/alert-item.ts';
import { listOpenAlerts } from '../alert-desk/open-alerts-store.ts';
import { nameUuid } from '../name-uuid.ts';
import type { Trail } from '../telemetry.ts';
import { partitionOf } from '../topology/partition-of.ts';
import { readTopology } from '../topology/read-topology.ts';
import { alertmanagerResend } from './alertmanager.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { type ArrivedPulse, arrivedPulse } from './pulse-store.ts';
import type { Channel, HttpChannel } from './read-channels.ts';
import { type OutgoingRequest, sendRequest } from './send-request.ts';
import { askForPush } from './ward-push-store.ts';
import { webhookHeartbeat } from './webhook.ts';

/** What is retained under `station/{ward}/heartbeat`. */
export const heartbeat = z.object({
  ward: z.string(),
  at: z.iso.datetime(),
  /** When the newest pulse was among the readings, had been judged, and had come to the alerts. */
  pulsedAt: z.iso.datetime(),
  judgedAt: z.iso.datetime(),
  deliveredAt: z.iso.datetime(),
  lagMs: z.number().meta({ description: 'from among the readings to here' }),
});
export type Heartbeat = z.infer<typeof heartbeat>;

export interface HeartbeatParts extends DeliveryContext {
  readonly channels: readonly Channel[];
  publish(topic: string, value: object): Promise<void>;
  nowMs(): number;
}

/** Of heartbeats (RFC 9562, version 5): drawn once, for good. */
const NAMESPACE = Buffer.from('a2f94c1807de4b3f9c65e0d1784b2a5c', 'hex');

/** Wards of a partition: those of the topology, and those that the desk knows of. */
function wardsOf({ partition, wards }: ArrivedPulse): string[] {
  const topology = readTopology();
  const all = new Set([...topology.wards.keys(), ...wards]);
  return [...all].filter((ward) => partitionOf(topology, 'alerts', ward) === partition);
}

const heartbeatOf = (ward: string, { pulsedAt, judgedAt, deliveredAt }: ArrivedPulse, nowMs: number): Heartbeat => ({
  ward,
  at: new Date(nowMs).toISOString(),
  pulsedAt: pulsedAt.toISOString(),
  judgedAt: judgedAt.toISOString(),
  deliveredAt: deliveredAt.toISOString(),
  lagMs: Math.max(0, nowMs - pulsedAt.getTime()),
});

/** A pulse that took longer shows that alerts come as late: no heart beats by it, and stations say so before 15 s are over. */
const LATE_MS = 10_000;

/** Partitions whose wards this process has seen to: what a broker retains from before may be of another time. */
const seenTo = new Set<string>();

/**
 * Tells the stations of a partition's wards that the way to them is open, and who wants it said again, what goes on.
 * @throws TransientError when database or broker are away: then no heart beats
 */
export async function pushHeartbeat(
  partition: string,
  parts: HeartbeatParts,
  { log }: Pick<Trail, 'log'>,
): Promise<void> {
  const pulse = await arrivedPulse(partition, parts);
  if (pulse === undefined) return;
  const wards = wardsOf(pulse);
  const nowMs = parts.nowMs();
  const ageMs = Math.max(0, nowMs - pulse.pulsedAt.getTime());
  parts.recordMetric('pulse_age_ms', ageMs);
  const isAlive = ageMs <= LATE_MS;
  if (!seenTo.has(partition)) {
    await askForPush(wards, parts);
    seenTo.add(partition);
  }
  if (isAlive) {
    const beats = wards.map((ward) => parts.publish(stationTopic(ward, 'heartbeat'), heartbeatOf(ward, pulse, nowMs)));
    await Promise.all(beats);
  } else log.warn('no heartbeat: alerts come late', { partition, ageMs });
  if (pulse.isToRepeat) await repeat(pulse, { wards, isAlive }, parts, log);
}

async function repeat(
  pulse: ArrivedPulse,
  { wards, isAlive }: { readonly wards: readonly string[]; readonly isAlive: boolean },
  parts: HeartbeatParts,
  log: Trail['log'],
): Promise<void> {
  const nowMs = parts.nowMs();
  const { partition, pulsedAt } = pulse;
  const listening = parts.channels.filter(
    (one): one is HttpChannel => one.type === 'alertmanager' || (one.type === 'webhook' && one.heartbeat && isAlive),
  );
  const snapshots = new Map<string, WardSnapshot>();
  if (listening.some(({ type }) => type === 'alertmanager')) {
    for (const ward of wards) snapshots.set(ward, await listOpenAlerts(ward, parts));
  }
  async function tell(channel: HttpChannel): Promise<void> {
    const theirs = wards.filter((ward) => channel.wards === undefined || channel.wards.includes(ward));
    if (theirs.length === 0) return;
    const about = { channel: channel.name, partition };
    try {
      const attempted = await sendRequest(requestOf(channel, theirs));
      if (attempted.outcome === 'confirmed') return;
      log.warn('heartbeat not delivered', { ...about, reason: attempted.error });
    } catch (error) {
      // A secret that is none: its deliveries say so, too, and the stations' hearts beat on.
      log.warn('heartbeat not delivered', { ...about, error });
    }
  }
  function requestOf(channel: HttpChannel, theirs: readonly string[]): OutgoingRequest {
    if (channel.type === 'alertmanager') {
      const open = theirs.map((ward) => ({ ward, alerts: openOn(channel, snapshots.get(ward)) }));
      return alertmanagerResend(channel, open, { nowMs, isAlive });
    }
    const id = nameUuid(NAMESPACE, `${channel.name}|${partition}|${nowMs}`);
    const data = { wards: theirs, pulsedAt: pulsedAt.toISOString(), lagMs: Math.max(0, nowMs - pulsedAt.getTime()) };
    return webhookHeartbeat(channel, { id, nowMs, data });
  }
  await Promise.all(listening.map(tell));
}

/** What is for this channel, and goes on. */
const openOn = ({ priorities, roles }: HttpChannel, snapshot: WardSnapshot | undefined) =>
  (snapshot?.alerts ?? []).filter(
    ({ phase, priority, asked }) =>
      phase === 'active' &&
      (priorities === undefined || priorities.includes(priority)) &&
      (roles === undefined || roles.includes(asked.role)),
  );
