import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addedFields, eventOf } from './event.ts';
import { isTopicFilter, isTopicName, matchesFilter } from './topic.ts';

const event = (payload: string | Buffer, topicAs?: string) =>
  eventOf({
    topic: 'a/b',
    payload: Buffer.from(payload),
    added: addedFields({ topic: 'a/b' }, { topicAs, userPropertiesAs: {} }),
  });
const asBytes = (payload: string | Buffer) => ({ payload: Buffer.from(payload).toString('base64'), topic: 'a/b' });

describe('the event of a message', () => {
  test.each(['{"a":1}', '[1,2]', '"text"', '5', 'null', 'true', ' {"a": [{}]} '])(
    'JSON is the event itself: %s',
    (json) => expect(event(json)).toEqual(JSON.parse(json)),
  );
  test.each(['', 'text', '{"a":1', '{a:1}', '\uFEFF{}', 'NaN'])(
    'anything else comes as base64, with its topic: %j',
    (text) => expect(event(text)).toEqual(asBytes(text)),
  );
  test('bytes that are no UTF-8 are not replaced within JSON', () => {
    const payload = Buffer.from([0x22, 0xff, 0x22]);
    expect(event(payload)).toEqual(asBytes(payload));
  });
  test('JSON that is nested a hundred thousand deep', () => {
    const depth = 100_000;
    let value = event('['.repeat(depth) + ']'.repeat(depth));
    let levels = 0;
    for (; Array.isArray(value); value = value[0]) levels += 1;
    expect(levels).toBe(depth);
  });
  test('__proto__ in JSON is a field like any other', () => {
    const made = event('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}', 'topic');
    expect(Object.keys(made as object)).toEqual(['__proto__', 'constructor', 'topic']);
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
  test('topicAs adds the topic to an object, and wins over a field of the same name', () => {
    expect(event('{"a":1}', 'topic')).toEqual({ a: 1, topic: 'a/b' });
    expect(event('{"topic":"claimed"}', 'topic')).toEqual({ topic: 'a/b' });
    expect(event('{}', 'toString')).toEqual({ toString: 'a/b' });
  });
  test.each(['[1]', '"text"', '5', 'null'])('with topicAs, a value that is no object stays as it is: %s', (json) =>
    expect(event(json, 'topic')).toEqual(JSON.parse(json)),
  );
  test('user properties that are asked for are added by their names, the others and absent ones are not', () => {
    const userProperties = { traceparent: '00-1', twice: ['a', 'b'], other: 'x' };
    const as = {
      topicAs: 'topic',
      userPropertiesAs: { traceparent: 'trace', twice: 'twice', absent: 'absent', toString: 'text' },
    };
    const added = addedFields({ topic: 'a/b', userProperties }, as);
    const made = eventOf({ topic: 'a/b', payload: Buffer.from('{"trace":"claimed","n":1}'), added });
    expect(made).toEqual({ trace: '00-1', n: 1, twice: ['a', 'b'], topic: 'a/b' });
    expect(addedFields({ topic: 'a/b' }, as)).toEqual({ topic: 'a/b' });
  });
  test('law: every JSON value comes back as it was sent', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(event(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    ));
  test('law: no bytes make it throw', () =>
    fc.assert(
      fc.property(fc.uint8Array(), fc.option(fc.constant('t')), (bytes, name) => {
        eventOf({ topic: 't', payload: Buffer.from(bytes), added: name === null ? {} : { [name]: 't' } });
      }),
    ));
});

describe('topics', () => {
  test.each(['a', '/', 'a/b', '+', '#', 'a/+/b', 'a/#', '+/+', '/+', '$share/g/a/#', '$SYS/#', ' ', 'ü'])(
    'filter: %s',
    (filter) => expect(isTopicFilter(filter)).toBe(true),
  );
  test.each(['', 'a#', '#/a', 'a/b#', '+a', 'a\u0000', '$share/g', '$share//a', '$share/a+/b', '\ud800'])(
    'no filter: %j',
    (filter) => expect(isTopicFilter(filter)).toBe(false),
  );
  test('a name has no wildcards', () => {
    expect(['a/b', 'ü', '/'].every(isTopicName)).toBe(true);
    expect(['', 'a/+', '#'].some(isTopicName)).toBe(false);
  });
  // Examples of MQTT 5, 4.7.1 and 4.7.2.
  test.each([
    ['sport/tennis/player1', 'sport/tennis/player1/#', true],
    ['sport/tennis/player1/score/wimbledon', 'sport/tennis/player1/#', true],
    ['sport', 'sport/#', true],
    ['sport/tennis/player1', 'sport/tennis/+', true],
    ['sport/tennis/player1/ranking', 'sport/tennis/+', false],
    ['sport', 'sport/+', false],
    ['sport/', 'sport/+', true],
    ['/finance', '+/+', true],
    ['/finance', '/+', true],
    ['/finance', '+', false],
    ['$SYS/monitor', '#', false],
    ['$SYS/monitor', '+/monitor', false],
    ['$SYS/monitor', '$SYS/#', true],
    ['a/b', '$share/group/a/+', true],
    ['a', 'a/b', false],
  ])('%s reaches %s: %s', (topic, filter, reaches) => expect(matchesFilter(topic, filter)).toBe(reaches));
});
