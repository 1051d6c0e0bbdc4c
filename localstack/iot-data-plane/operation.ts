import { AwsError, invalid } from './aws-error.ts';

/** What a request asks for. `topic` is decoded, not checked. */
export type Operation =
  | { readonly name: 'Publish'; readonly topic: string; readonly query: URLSearchParams }
  | { readonly name: 'GetRetainedMessage'; readonly topic: string }
  | { readonly name: 'ListRetainedMessages'; readonly query: URLSearchParams };

/** What was found out of a request: an operation to do, or why it cannot be done and whose name goes to the metrics. */
export type Routed = { operation: Operation } | { name: string; error: AwsError };

/** The service's other operations (model of 2015-05-28): method, path, name. */
const NOT_OFFERED: readonly [method: string, path: RegExp, name: string][] = [
  ['GET', /^\/things\/[^/]+\/shadow$/, 'GetThingShadow'],
  ['POST', /^\/things\/[^/]+\/shadow$/, 'UpdateThingShadow'],
  ['DELETE', /^\/things\/[^/]+\/shadow$/, 'DeleteThingShadow'],
  ['GET', /^\/api\/things\/shadow\/ListNamedShadowsForThing\/[^/]+$/, 'ListNamedShadowsForThing'],
  ['GET', /^\/connections\/[^/]+$/, 'GetConnection'],
  ['DELETE', /^\/connections\/[^/]+$/, 'DeleteConnection'],
  ['GET', /^\/connections\/[^/]+\/subscriptions$/, 'ListSubscriptions'],
  ['POST', /^\/connections\/[^/]+\/messages$/, 'SendDirectMessage'],
];

const TOPICS = '/topics/';
const RETAINED = '/retainedMessage';
const UNKNOWN = 'unknown';
/** RFC 3986: everything else is percent-encoded. Node hands raw bytes over as Latin-1. */
const URL_CHARACTERS = /^[\x21-\x7e]*$/;

const refused = (name: string, error: AwsError): Routed => ({ name, error });

/** The rest of a path as the topic it names: `%2F` and `/` are the same here, as for AWS. */
function topicIn(name: 'Publish' | 'GetRetainedMessage', rest: string, make: (topic: string) => Operation): Routed {
  try {
    return { operation: make(decodeURIComponent(rest)) };
  } catch (error) {
    if (error instanceof URIError) return refused(name, invalid('The topic is not percent-encoded UTF-8.'));
    throw error;
  }
}

function wrongMethod(name: string, allowed: string): Routed {
  return refused(name, new AwsError('MethodNotAllowedException', `${name} is asked for with ${allowed}.`));
}

/** Which operation a request line is. The path is taken as it is, never normalised: `..` is a topic level as any other. */
export function routeRequest(method: string, target: string): Routed {
  if (!URL_CHARACTERS.test(target)) return refused(UNKNOWN, invalid('The URL has characters that are not encoded.'));
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  const query = new URLSearchParams(question < 0 ? '' : target.slice(question + 1));

  if (path.startsWith(TOPICS)) {
    if (method !== 'POST') return wrongMethod('Publish', 'POST');
    return topicIn('Publish', path.slice(TOPICS.length), (topic) => ({ name: 'Publish', topic, query }));
  }
  if (path === RETAINED || path === `${RETAINED}/`) {
    if (method !== 'GET') return wrongMethod('ListRetainedMessages', 'GET');
    return { operation: { name: 'ListRetainedMessages', query } };
  }
  if (path.startsWith(`${RETAINED}/`)) {
    if (method !== 'GET') return wrongMethod('GetRetainedMessage', 'GET');
    const rest = path.slice(RETAINED.length + 1);
    return topicIn('GetRetainedMessage', rest, (topic) => ({ name: 'GetRetainedMessage', topic }));
  }
  const other = NOT_OFFERED.find(([verb, pattern]) => verb === method && pattern.test(path));
  if (other) {
    const message = `${other[2]} is not offered by this data plane: it has Publish and the retained messages.`;
    return refused(other[2], new AwsError('MethodNotAllowedException', message));
  }
  return refused(UNKNOWN, new AwsError('ResourceNotFoundException', 'There is no operation at this path.'));
}
