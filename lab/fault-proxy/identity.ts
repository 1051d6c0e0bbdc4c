import { hash } from 'node:crypto';
import { FaultProxyError } from './fault-proxy-error.ts';
import type { Direction } from './toxics.ts';

/** A PUBLISH as `identify` gets it. */
export interface Publish {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  /** MQTT 5; a name may come more than once. */
  readonly userProperties: readonly (readonly [name: string, value: string])[];
  /** Of the connection. Put it into the identity when several clients get the same messages through one proxy. */
  readonly clientId: string;
  readonly direction: Direction;
}

/** What a message is known by: the same for each copy and each run. */
export type Identify = (publish: Publish) => string;

/** Longer ones are kept as their hash, so that counters and journal stay small. */
const LONGEST_IDENTITY = 256;

/** The default: SHA-256 of topic and payload. */
export function payloadIdentity({ topic, payload }: Pick<Publish, 'topic' | 'payload'>): string {
  // A topic has no NUL (MQTT 5, 1.5.4): no two pairs are hashed alike.
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${topic}\0`), payload]), 'hex');
  return `sha256:${digest}`;
}

/** At most 256 characters. */
export function boundedIdentity(identity: string): string {
  return identity.length > LONGEST_IDENTITY ? `sha256:${hash('sha256', identity, 'hex')}` : identity;
}

/**
 * `payload`, `json:<path with dots>` or `user-property:<name>`; a message that lacks the field is known by its payload.
 * Throws FaultProxyError `argument` for anything else.
 */
export function identifyBy(text: string): Identify {
  if (text === 'payload') return payloadIdentity;
  const [kind, ...rest] = text.split(':');
  const name = rest.join(':');
  if (kind === 'json' && name !== '') return jsonIdentity(name.split('.'));
  if (kind === 'user-property' && name !== '') return userPropertyIdentity(name);
  const choices = 'payload, json:<field> or user-property:<name>';
  throw new FaultProxyError('argument', `--identity ${text}: give ${choices}, such as json:eventId`);
}

/** The same for each client apart. */
export function perClient(identify: Identify): Identify {
  return (publish) => `${publish.clientId}/${identify(publish)}`;
}

function jsonIdentity(path: readonly string[]): Identify {
  return (publish) => {
    let value = parsed(publish.payload);
    for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : payloadIdentity(publish);
  };
}

function userPropertyIdentity(name: string): Identify {
  return (publish) => publish.userProperties.find(([key]) => key === name)?.[1] ?? payloadIdentity(publish);
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined; // not JSON: known by its payload
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
