import { describe, expect, test } from 'vitest';
import { TriggerOptionsError } from '../option-faults.ts';
import { mqttTrigger } from './mqtt-trigger.ts';
import { parseMqttOptions } from './options.ts';
import { machineOptions, receiveMaximum } from './tuning.ts';

const faultsOf = (raw: unknown) => {
  const parsed = parseMqttOptions(raw);
  return parsed.ok ? [] : parsed.faults.map(({ option }) => option);
};

const DEFAULTS = {
  topic: 'hl/#',
  qos: 0,
  clientId: undefined,
  sessionExpiry: 0,
  protocolVersion: 5,
  maximumConcurrency: 10,
  maximumQueueLength: 1_000,
  maximumPayloadBytes: 131_072,
  maximumRetryAttempts: 2,
  retryDelay: { minimum: 0.1, maximum: 5 },
  retained: 'deliver',
  topicAs: undefined,
  userPropertiesAs: {},
  onFailure: undefined,
  enabled: true,
};

test('the defaults', () => {
  expect(parseMqttOptions({ topic: 'hl/#' })).toEqual({ ok: true, options: DEFAULTS });
});

test('numbers and booleans may be strings, as variables of serverless.yml make them', () => {
  const raw = {
    topic: 'a',
    qos: '1',
    clientId: 'c',
    sessionExpiry: '4294967295',
    protocolVersion: '5',
    maximumConcurrency: '3',
    maximumQueueLength: '0',
    maximumPayloadBytes: '10',
    maximumRetryAttempts: '-1',
    retryDelay: { minimum: '0.5', maximum: '2' },
    topicAs: 'topic',
    userPropertiesAs: { traceparent: 'trace' },
    destinations: { onFailure: 'dead/a' },
    retained: 'ignore',
    enabled: 'false',
  };
  expect(parseMqttOptions(raw)).toEqual({
    ok: true,
    options: {
      topic: 'a',
      qos: 1,
      clientId: 'c',
      sessionExpiry: 0xffff_ffff,
      protocolVersion: 5,
      maximumConcurrency: 3,
      maximumQueueLength: 0,
      maximumPayloadBytes: 10,
      maximumRetryAttempts: -1,
      retryDelay: { minimum: 0.5, maximum: 2 },
      topicAs: 'topic',
      userPropertiesAs: { traceparent: 'trace' },
      onFailure: 'dead/a',
      retained: 'ignore',
      enabled: false,
    },
  });
});

test.each([
  [{}, ['topic']],
  [null, ['(all)']],
  ['a/b', ['(all)']],
  [[], ['(all)']],
  [{ topic: '' }, ['topic']],
  [{ topic: 'a/#/b' }, ['topic']],
  [{ topic: 'a+' }, ['topic']],
  [{ topic: '$share/g' }, ['topic']],
  [{ topic: '$share//a' }, ['topic']],
  [{ topic: 'a\u0000' }, ['topic']],
  [{ topic: 'a'.repeat(65_536) }, ['topic']],
  [{ topic: 'a', qos: 2 }, ['qos']],
  [{ topic: 'a', qos: 'one' }, ['qos']],
  [{ topic: 'a', qos: '' }, ['qos']],
  [{ topic: 'a', clientId: '' }, ['clientId']],
  [{ topic: 'a', clientId: 'x'.repeat(129) }, ['clientId']],
  [{ topic: 'a', clientId: 'a\nb' }, ['clientId']],
  [{ topic: 'a', clientId: 5 }, ['clientId']],
  [{ topic: 'a', sessionExpiry: -1 }, ['sessionExpiry']],
  [{ topic: 'a', clientId: 'c', sessionExpiry: 4_294_967_296 }, ['sessionExpiry']],
  [{ topic: 'a', sessionExpiry: 60 }, ['clientId']],
  [{ topic: 'a', clientId: '', sessionExpiry: 60 }, ['clientId']],
  [{ topic: 'a', protocolVersion: 3 }, ['protocolVersion']],
  [{ topic: '$share/g/a', protocolVersion: 4 }, ['topic']],
  [{ topic: 'a', maximumConcurrency: 0 }, ['maximumConcurrency']],
  [{ topic: 'a', maximumConcurrency: 1.5 }, ['maximumConcurrency']],
  [{ topic: 'a', maximumQueueLength: 64_536 }, ['maximumQueueLength']],
  [{ topic: 'a', maximumPayloadBytes: 0 }, ['maximumPayloadBytes']],
  [{ topic: 'a', maximumRetryAttempts: -2 }, ['maximumRetryAttempts']],
  [{ topic: 'a', retryDelay: { minimum: 5, maximum: 2 } }, ['retryDelay']],
  [{ topic: 'a', retryDelay: { min: 5 } }, ['retryDelay.min']],
  [{ topic: 'a', retryDelay: 5 }, ['retryDelay']],
  [{ topic: 'a', retained: 'drop' }, ['retained']],
  [{ topic: 'a', topicAs: '__proto__' }, ['topicAs']],
  [{ topic: 'a', topicAs: 'a-b' }, ['topicAs']],
  [{ topic: 'a', userPropertiesAs: { traceparent: 'a-b' } }, ['userPropertiesAs.traceparent']],
  [{ topic: 'a', protocolVersion: 4, userPropertiesAs: { traceparent: 'trace' } }, ['userPropertiesAs']],
  [{ topic: 'a', topicAs: 'trace', userPropertiesAs: { traceparent: 'trace' } }, ['userPropertiesAs']],
  [{ topic: 'a', userPropertiesAs: { traceparent: 'trace', tracestate: 'trace' } }, ['userPropertiesAs']],
  [{ topic: 'a', topicAs: 'a-b', userPropertiesAs: { a: 'x', b: 'x' } }, ['topicAs', 'userPropertiesAs']],
  [{ topic: 'a', userPropertiesAs: ['traceparent'] }, ['userPropertiesAs']],
  [{ topic: 'a', qos: 1, destinations: { onFailure: 'a/+' } }, ['destinations.onFailure']],
  [{ topic: 'a/#', qos: 1, destinations: { onFailure: 'a/dead' } }, ['destinations.onFailure']],
  [{ topic: 'a', destinations: { onFailure: 'dead' } }, ['destinations.onFailure']],
  [{ topic: 'a', qos: 1, destinations: { onSuccess: 'x', onFailure: 'dead' } }, ['destinations.onSuccess']],
  [{ topic: 'a', constructor: 1 }, ['constructor']],
  [{ topic: '#a', qos: 3, surprise: 1, enabled: 'no' }, ['surprise', 'topic', 'qos', 'enabled']],
] as [unknown, string[]][])('%j is refused', (raw, options) => expect(faultsOf(raw)).toEqual(options));

test.each([
  { protocolVersion: 4, userPropertiesAs: {} },
  { protocolVersion: '4', topicAs: 'topic' },
  { topicAs: 'topic', userPropertiesAs: { traceparent: 'trace', topic: 'other' } },
])('%j is taken', (raw) => expect(faultsOf({ topic: 'a', ...raw })).toEqual([]));

test('sessionExpiry without a clientId says why it needs one', () => {
  const parsed = parseMqttOptions({ topic: 'a', sessionExpiry: 60 });
  expect(parsed).toMatchObject({ faults: [{ allowed: expect.stringContaining('finds the session again') }] });
});

test('the error names function, trigger, option, what was found and what is allowed', () => {
  const parsed = parseMqttOptions({ topic: 'a', qos: 2 });
  if (parsed.ok) throw new Error('accepted');
  const place = { function: 'consume', trigger: 'mqtt (events[0])' };
  expect(new TriggerOptionsError(parsed.faults.map((fault) => ({ ...fault, ...place }))).message).toBe(
    'Trigger options in serverless.yml are wrong:\n' +
      '  function consume, trigger mqtt (events[0]), option qos: found 2, allowed: 0 or 1',
  );
});

describe('what follows from the options', () => {
  test('the highest concurrency and queue length make the largest receive maximum', () => {
    const parsed = parseMqttOptions({ topic: 'a', maximumConcurrency: 1_000, maximumQueueLength: 64_535 });
    if (!parsed.ok) throw new Error('refused');
    expect(receiveMaximum(parsed.options)).toBe(65_535);
    expect(machineOptions(parsed.options)).toMatchObject({ pauseAt: 65_536, maximumAttempts: 3 });
  });
  test('enabled: false is checked and not started', () => {
    expect(mqttTrigger.prepare({ topic: 'a', enabled: false }, 6)).toMatchObject({ ok: true, enabled: false });
    expect(mqttTrigger.prepare({ topic: 'a', qos: 9, enabled: false }, 6)).toMatchObject({ ok: false });
  });
});
