import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from './aws-error.ts';
import { checkTopic } from './topic-rules.ts';
import type { MessageProperties, OutgoingMessage } from './types.ts';
import { decodeBase64, decodeUserProperties } from './user-properties.ts';

/** AWS IoT API reference, MqttHeaders: contentType and correlationData (as base64) have 1,024 characters at most. */
const MAX_PROPERTY_CHARACTERS = 1_024;
/** MQTT 5, section 3.3.2.3.3: a Four Byte Integer. AWS's own upper limit is not taken over. */
const MAX_EXPIRY_S = 2 ** 32 - 1;
const NUL = '\u0000';

const FORMATS: ReadonlyMap<string, boolean> = new Map([
  ['UNSPECIFIED_BYTES', false],
  ['UTF8_DATA', true],
]);

/** A query parameter, once at most. An empty one counts as given. */
function parameter(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw invalid(`${name} is given more than once.`);
  return value;
}

/** Node joins a header that comes more than once with a comma, which no value of ours has. */
function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function oneOf<T>(value: string | undefined, name: string, values: ReadonlyMap<string, T>): T | undefined {
  if (value === undefined) return undefined;
  const known = values.get(value);
  if (known === undefined) throw invalid(`${name} must be one of ${[...values.keys()].join(', ')}.`);
  return known;
}

const QOS: ReadonlyMap<string, 0 | 1> = new Map([
  ['0', 0],
  ['1', 1],
]);
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

function expiryOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > MAX_EXPIRY_S) {
    throw invalid(`messageExpiry must be a whole number of seconds from 1 to ${MAX_EXPIRY_S}.`);
  }
  return seconds;
}

function contentTypeOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.length > MAX_PROPERTY_CHARACTERS)
    throw invalid(`contentType exceeds ${MAX_PROPERTY_CHARACTERS} characters.`);
  if (value.includes(NUL)) throw invalid('contentType has characters that MQTT does not allow.');
  return value;
}

function correlationOf(value: string | undefined): Buffer | undefined {
  if (value === undefined) return undefined;
  if (value.length > MAX_PROPERTY_CHARACTERS) {
    throw invalid(`correlationData exceeds ${MAX_PROPERTY_CHARACTERS} characters of base64.`);
  }
  return decodeBase64(value, 'correlationData');
}

function responseTopicOf(value: string | undefined): string | undefined {
  if (value !== undefined) checkTopic(value, 'responseTopic');
  return value;
}

/** Only what was given: MQTT.js would send a member that is undefined. */
function given(properties: { [Name in keyof MessageProperties]: MessageProperties[Name] | undefined }) {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as MessageProperties;
}

/** Everything of a Publish but its payload. */
export type PublishHead = Omit<OutgoingMessage, 'payload'>;

/**
 * The message that a Publish request describes (AWS IoT data plane API 2015-05-28: path, query and headers).
 * @throws AwsError InvalidRequestException naming what is wrong
 */
export function readPublish(topic: string, query: URLSearchParams, headers: IncomingHttpHeaders): PublishHead {
  checkTopic(topic, 'topic');
  return {
    topic,
    qos: oneOf(parameter(query, 'qos'), 'qos', QOS) ?? 0,
    retain: oneOf(parameter(query, 'retain'), 'retain', BOOLEANS) ?? false,
    properties: given({
      contentType: contentTypeOf(parameter(query, 'contentType')),
      responseTopic: responseTopicOf(parameter(query, 'responseTopic')),
      messageExpiryInterval: expiryOf(parameter(query, 'messageExpiry')),
      correlationData: correlationOf(header(headers, 'x-amz-mqtt5-correlation-data')),
      payloadFormatIndicator: oneOf(
        header(headers, 'x-amz-mqtt5-payload-format-indicator'),
        'payloadFormatIndicator',
        FORMATS,
      ),
      userProperties: decodeUserProperties(header(headers, 'x-amz-mqtt5-user-properties')),
    }),
  };
}
