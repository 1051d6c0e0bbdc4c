import { invalid } from './aws-error.ts';
import type { UserProperties } from './types.ts';

/** Names and values together. As base64 they fit the 16 KB that Node takes of headers. */
const MAX_USER_PROPERTIES_BYTES = 8 * 1024;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const NUL = '\u0000';
const NAME = 'userProperties';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws AwsError InvalidRequestException: it is not base64 (RFC 4648, section 4, padded). */
export function decodeBase64(text: string, what: string): Buffer {
  if (!BASE64.test(text)) throw invalid(`${what} is not base64.`);
  return Buffer.from(text, 'base64');
}

function parseJson(base64: string): unknown {
  try {
    return JSON.parse(utf8.decode(decodeBase64(base64, NAME)));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`${NAME} is not JSON.`);
    if (error instanceof TypeError) throw invalid(`${NAME} is not UTF-8.`);
    throw error;
  }
}

function* pairsOf(value: unknown): Generator<[string, string]> {
  if (!Array.isArray(value)) throw invalid(`${NAME} is not a JSON array of objects.`);
  for (const item of value) {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) {
      throw invalid(`${NAME} is not a JSON array of objects.`);
    }
    for (const [name, text] of Object.entries(item)) {
      if (typeof text !== 'string') throw invalid(`${NAME} has a value that is not a string.`);
      for (const part of [name, text]) {
        if (part.includes(NUL) || !part.isWellFormed())
          throw invalid(`${NAME} has characters that MQTT does not allow.`);
      }
      yield [name, text];
    }
  }
}

/**
 * The MQTT 5 user properties in a header: base64 of a JSON array of objects, `[{"deviceName": "alpha"}, …]`. A name may come
 * more than once and then keeps the order of its values; between names the order is not kept (MQTT.js). Undefined when there
 * is not one pair: mqtt-packet writes no packet at all for an empty map.
 * @throws AwsError InvalidRequestException
 */
export function decodeUserProperties(base64: string | undefined): UserProperties | undefined {
  if (base64 === undefined) return undefined;
  const properties: UserProperties = Object.create(null);
  let bytes = 0;
  for (const [name, value] of pairsOf(parseJson(base64))) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (bytes > MAX_USER_PROPERTIES_BYTES) throw invalid(`${NAME} exceeds ${MAX_USER_PROPERTIES_BYTES} bytes.`);
    const before = properties[name];
    properties[name] = before === undefined ? value : [...[before].flat(), value];
  }
  return Object.keys(properties).length > 0 ? properties : undefined;
}

/** The same form again, for GetRetainedMessage; undefined when there are none. */
export function encodeUserProperties(properties: UserProperties | undefined): string | undefined {
  if (properties === undefined) return undefined;
  const pairs = Object.entries(properties).flatMap(([name, value]) =>
    // A computed member, since `{__proto__: …}` would set the prototype.
    [value].flat().map((text) => ({ [name]: text })),
  );
  return Buffer.from(JSON.stringify(pairs)).toString('base64');
}
