import { isUtf8 } from 'node:buffer';

/** The part of a message that the handler's event is made of. */
export interface EventSourceMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

const NOT_JSON = Symbol('not JSON');

function parsed(payload: Buffer): unknown {
  // Decoding what is no UTF-8 would replace bytes without a word.
  if (payload.length === 0 || !isUtf8(payload)) return NOT_JSON;
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return NOT_JSON;
  }
}

/**
 * The event of a message, as an AWS IoT rule hands it to Lambda. A payload in JSON is the event itself (`SELECT *`);
 * anything else comes as `{ payload: <base64>, topic }` (`SELECT encode(*, 'base64') AS payload, topic() AS topic`).
 * With `topicAs` a JSON object also gets the topic under that name (`SELECT *, topic() AS <name>`), which wins over a
 * field of the same name; a JSON value that is no object has no place for it and stays as it is.
 */
export function eventOf({ topic, payload }: EventSourceMessage, topicAs?: string): unknown {
  const value = parsed(payload);
  if (value === NOT_JSON) return { payload: payload.toString('base64'), topic };
  if (topicAs === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  Object.defineProperty(value, topicAs, { value: topic, enumerable: true, configurable: true, writable: true });
  return value;
}
