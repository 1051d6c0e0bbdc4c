import { ReasonCodes } from 'mqtt';

const SERVER_UNAVAILABLE = new Set([3, 0x88, 0x89]);
const SESSION_TAKEN_OVER = 0x8e;

/** Why a connection did not come about, or ended. */
export class LinkError extends Error {
  readonly code: string;
  /**
   * `refused`: the broker said no, which only a change of settings mends. `takenOver`: another client came with the same
   * client id.
   */
  readonly kind: 'unreachable' | 'refused' | 'takenOver';

  constructor(code: string, message: string, kind: LinkError['kind'] = 'unreachable') {
    super(message);
    this.name = 'LinkError';
    this.code = code;
    this.kind = kind;
  }
}

const words: Readonly<Record<number, string>> = ReasonCodes;
const inWords = (code: number) => `${words[code] || 'no reason given'} (0x${code.toString(16).padStart(2, '0')})`;

export function connectionRefused(code: number): LinkError {
  const kind = SERVER_UNAVAILABLE.has(code) ? 'unreachable' : 'refused';
  return new LinkError('ConnectionRefused', `the broker refused the connection: ${inWords(code)}`, kind);
}

export function subscriptionRefused(filter: string, code: number): LinkError {
  return new LinkError(
    'SubscriptionRefused',
    `the broker refused to subscribe '${filter}': ${inWords(code)}`,
    'refused',
  );
}

/** RabbitMQ, for one, grants `$share/…` as an ordinary filter, which no message ever matches. */
export function sharedUnavailable(filter: string): LinkError {
  return new LinkError('SubscriptionRefused', `the broker has no shared subscriptions, such as '${filter}'`, 'refused');
}

export function disconnected(code: number, clientId: string): LinkError {
  if (code !== SESSION_TAKEN_OVER) {
    return new LinkError('Disconnected', `the broker ended the connection: ${inWords(code)}`);
  }
  const message = `another client has connected with the client id '${clientId}' and taken the session over`;
  return new LinkError('SessionTakenOver', message, 'takenOver');
}

/** An error of the socket or of MQTT.js, which also names what the peer did wrong. */
export function brokenBy(error: Error): LinkError {
  const code: unknown = Reflect.get(error, 'code');
  return new LinkError(typeof code === 'string' ? code : 'ProtocolError', error.message || String(code));
}
