import { AwsError, invalid } from './aws-error.ts';
import type { RetainedIndex } from './retained-index.ts';
import type { ReadRetained } from './retained-reader.ts';
import { checkTopic } from './topic-rules.ts';
import { encodeUserProperties } from './user-properties.ts';

/** AWS documents no default; its page limit is not taken over. */
const DEFAULT_PAGE = 25;
const MAX_PAGE = 200;
const MAX_TOKEN_CHARACTERS = 512;

export interface RetainedContext {
  read: ReadRetained;
  index: RetainedIndex;
}

/** @throws AwsError ResourceNotFoundException, InvalidRequestException, ServiceUnavailableException */
export async function getRetainedMessage(topic: string, { read, index }: RetainedContext): Promise<object> {
  checkTopic(topic, 'topic');
  const known = index.entry(topic);
  const message = (await read([topic])).get(topic);
  if (!message) {
    index.cleared(topic, known);
    throw new AwsError('ResourceNotFoundException', 'No message is retained under this topic.');
  }
  index.retained(topic);
  return {
    topic,
    payload: message.payload.toString('base64'),
    qos: message.qos,
    lastModifiedTime: index.entry(topic)?.publishedAtMs,
    userProperties: encodeUserProperties(message.userProperties),
  };
}

function pageSizeOf(query: URLSearchParams): number {
  const text = query.get('maxResults');
  if (text === null) return DEFAULT_PAGE;
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > MAX_PAGE) throw invalid(`maxResults must be a whole number from 1 to ${MAX_PAGE}.`);
  return size;
}

/** A token is the topic that the page before ended with. */
function startOf(query: URLSearchParams): string {
  const token = query.get('nextToken');
  if (token === null) return '';
  const topic = token.length <= MAX_TOKEN_CHARACTERS ? Buffer.from(token, 'base64url').toString() : '';
  if (topic === '' || tokenOf(topic) !== token) throw invalid('nextToken is none of this operation.');
  return topic;
}

const tokenOf = (topic: string) => Buffer.from(topic).toString('base64url');

/**
 * One page of the topics known to have a retained message, each confirmed by the broker: what has expired or was cleared
 * unseen is left out, so a page may be short, or empty, and still have a successor.
 * @throws AwsError InvalidRequestException, ServiceUnavailableException
 */
export async function listRetainedMessages(query: URLSearchParams, { read, index }: RetainedContext): Promise<object> {
  const size = pageSizeOf(query);
  const topics = index.page(startOf(query), size);
  const known = new Map(topics.map((topic) => [topic, index.entry(topic)]));
  const messages = topics.length === 0 ? new Map() : await read(topics);
  const retainedTopics = [];
  for (const topic of topics) {
    const message = messages.get(topic);
    if (!message) {
      index.cleared(topic, known.get(topic));
      continue;
    }
    const { payload, qos } = message;
    const lastModifiedTime = index.entry(topic)?.publishedAtMs;
    retainedTopics.push({ topic, payloadSize: payload.length, qos, lastModifiedTime });
  }
  const last = topics.at(-1);
  return { retainedTopics, ...(last !== undefined && topics.length === size ? { nextToken: tokenOf(last) } : {}) };
}
