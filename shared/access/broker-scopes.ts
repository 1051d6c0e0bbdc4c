import type { AccessRole } from './principal.ts';

/** Whom the broker is told about. */
export interface BrokerBearer {
  /** The token's subject: a person's or a device's id. */
  sub: string;
  role: AccessRole;
  /** Wards that it is for; all of them where none are named. */
  wards?: readonly string[] | undefined;
  /** Of a device that is at one bed of its one ward. Without it a device is a gateway, which speaks for whole wards. */
  bed?: string | undefined;
}

/** What those of a token's scopes begin with that are meant for the broker. */
export const BROKER_SCOPE_PREFIX = 'heartline.';

const EVERY = '*';
const DEVICE_KINDS = ['alert', 'vitals', 'status'];

/** RabbitMQ takes percent-encoding in a pattern; a star, which encoding leaves, would stand for any text. */
const literal = (text: string) => encodeURIComponent(text).replaceAll('*', '%2A');

const VHOST = literal('/');
const TOPICS = 'amq.topic';

type Permission = 'configure' | 'write' | 'read';

/** A topic in RabbitMQ's form, dots for slashes; levels are patterns. A star stands for any text, dots too. */
const topic = (permission: Permission, ...levels: string[]) =>
  `${BROKER_SCOPE_PREFIX}${permission}:${VHOST}/${TOPICS}/${levels.join('.')}`;

/** What a client's subscriptions are kept in is named after its client id, which therefore begins with its subject. */
const ownSessions = (sub: string) =>
  (['configure', 'write', 'read'] as const).map(
    (permission) =>
      `${BROKER_SCOPE_PREFIX}${permission}:${VHOST}/mqtt-subscription-${literal(mqttClientId(sub, ''))}${EVERY}`,
  );

/**
 * The client id of somebody who subscribes: the broker keeps the subscriptions of no other for this subject.
 * @param suffix of one's own choice, as of a window; a slash never stands in what is before it, so that no subject is the
 *   beginning of another
 */
export function mqttClientId(sub: string, suffix: string): string {
  return `${encodeURIComponent(sub)}/${suffix}`;
}

/**
 * What RabbitMQ is to let a token's bearer do, as the claim `scope` (its OAuth 2 plug-in's scopes, with spaces between).
 * A device writes, and reads nothing; staff read their wards and write receipts. Nobody touches queues, streams and
 * exchanges but those named here.
 */
export function brokerScope(bearer: BrokerBearer): string {
  const wards = bearer.wards === undefined ? [EVERY] : bearer.wards.map(literal);
  return (bearer.role === 'device' ? deviceScopes(wards, bearer.bed) : staffScopes(wards, bearer.sub)).join(' ');
}

function deviceScopes(wards: readonly string[], bed: string | undefined): string[] {
  // One scope a ward: the broker reads all of a token's scopes for a topic that it has not just seen (docs/0009).
  if (bed === undefined) return wards.map((ward) => topic('write', 'hl', ward, ...(ward === EVERY ? [] : [EVERY])));
  return wards.flatMap((ward) => DEVICE_KINDS.map((kind) => topic('write', 'hl', ward, literal(bed), EVERY, kind)));
}

function staffScopes(wards: readonly string[], sub: string): string[] {
  const ofWards = wards.flatMap((ward) => {
    const below = ward === EVERY ? [EVERY] : [ward, EVERY];
    return [
      topic('read', 'hl', ...below),
      topic('read', 'station', ...below),
      topic('write', 'station', ward, 'receipts'),
    ];
  });
  return [...ofWards, ...ownSessions(sub)];
}
