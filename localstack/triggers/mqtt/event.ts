import { isUtf8 } from 'node:buffer';

/** The part of a message that the handler's event is made of. */
export interface EventSourceMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** What an object gets besides its own fields. */
  readonly added?: AddedFields;
}

type AddedFields = Readonly<Record<string, string | readonly string[]>>;

/** Which fields an object gets: one for the topic, and one for each user property named here, by the property's name. */
export interface AddedAs {
  readonly topicAs: string | undefined;
  readonly userPropertiesAs: Readonly<Record<string, string>>;
}

/** What is added to a message's object; of its user properties only those asked for. */
export function addedFields(
  { topic, userProperties = {} }: { topic: string; userProperties?: AddedFields | undefined },
  { topicAs, userPropertiesAs }: AddedAs,
): AddedFields {
  const asked = Object.entries(userPropertiesAs).flatMap(([property, field]) => {
    const value = Object.hasOwn(userProperties, property) ? userProperties[property] : undefined;
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries([...asked, ...(topicAs === undefined ? [] : [[topicAs, topic] as const])]);
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
 * A JSON object also gets the fields added (`SELECT *, topic() AS <name>, get_user_properties('<property>') AS <name>`),
 * which win over fields of the same name; a JSON value that is no object has no place for them and stays as it is.
 */
export function eventOf({ topic, payload, added = {} }: EventSourceMessage): unknown {
  const value = parsed(payload);
  if (value === NOT_JSON) return { payload: payload.toString('base64'), topic };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  for (const [field, text] of Object.entries(added)) {
    Object.defineProperty(value, field, { value: text, enumerable: true, configurable: true, writable: true });
  }
  return value;
}
