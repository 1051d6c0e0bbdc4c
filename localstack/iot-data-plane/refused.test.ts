import {
  GetThingShadowCommand,
  type IoTDataPlaneClient,
  ListSubscriptionsCommand,
  MethodNotAllowedException,
  PublishCommand,
  type PublishCommandInput,
  RequestEntityTooLargeException,
  SendDirectMessageCommand,
} from '@aws-sdk/client-iot-data-plane';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../services/ports.ts';
import { startIotDataPlane } from './iot-data-plane.ts';
import { MAX_PAYLOAD_BYTES } from './request-body.ts';
import { quiet, sdkClient } from './testing/sdk-client.ts';
import type { IotDataPlane } from './types.ts';

let plane: IotDataPlane;
let sdk: IoTDataPlaneClient;
const answered: [string, number][] = [];

// There is no broker: what were not refused would be a ServiceUnavailableException.
beforeAll(async () => {
  const mqttUrl = `mqtt://127.0.0.1:${await freePort()}`;
  const onRequest = (operation: string, status: number) => void answered.push([operation, status]);
  plane = await startIotDataPlane({ host: '127.0.0.1', port: 0, mqttUrl, logger: quiet, onRequest });
  sdk = sdkClient(plane.url);
});

afterAll(async () => {
  sdk.destroy();
  await plane.close();
});

const publish = (input: PublishCommandInput) => sdk.send(new PublishCommand(input));

describe('what is refused', () => {
  test.each<[string, PublishCommandInput]>([
    ['257 bytes', { topic: 'ü'.repeat(128).concat('x') }],
    ['8 slashes', { topic: '1/2/3/4/5/6/7/8/9' }],
    ['a wildcard', { topic: 'a/#' }],
    ['a wildcard', { topic: 'a/+/b' }],
    ['a reserved topic', { topic: '$aws/things/x/shadow/update' }],
    ['U+0000', { topic: 'a\u0000b' }],
    ['a dot', { topic: 'icu.1/x' }],
    ['an asterisk', { topic: 'a/*/b' }],
    ['an asterisk in the response topic', { topic: 'no', responseTopic: 'a/*' }],
    ['QoS 2', { topic: 'no', qos: 2 }],
    ['QoS -1', { topic: 'no', qos: -1 }],
    ['an expiry of 0', { topic: 'no', messageExpiry: 0 }],
    ['a negative expiry', { topic: 'no', messageExpiry: -5 }],
    ['an expiry past uint32', { topic: 'no', messageExpiry: 2 ** 32 }],
    ['a format', { topic: 'no', payloadFormatIndicator: 'TEXT' as 'UTF8_DATA' }],
    ['a long content type', { topic: 'no', contentType: 'x'.repeat(1_025) }],
    ['NUL in the content type', { topic: 'no', contentType: 'a\u0000' }],
    ['a response topic', { topic: 'no', responseTopic: 'a/#' }],
    ['an empty response topic', { topic: 'no', responseTopic: '' }],
    ['correlation data', { topic: 'no', correlationData: '***' }],
    ['correlation data', { topic: 'no', correlationData: 'abc' }],
    ['long correlation data', { topic: 'no', correlationData: 'A'.repeat(1_028) }],
    ['no JSON', { topic: 'no', userProperties: '[{' }],
    ['no array', { topic: 'no', userProperties: '{"a":"b"}' }],
    ['no objects', { topic: 'no', userProperties: '[["a","b"]]' }],
    ['a number as value', { topic: 'no', userProperties: '[{"a":1}]' }],
    ['NUL in a name', { topic: 'no', userProperties: '[{"\\u0000":"x"}]' }],
    ['a lone surrogate', { topic: 'no', userProperties: '[{"a":"\\ud800"}]' }],
    ['too many', { topic: 'no', userProperties: JSON.stringify([{ n: 'v'.repeat(8 * 1024) }]) }],
  ])('%s is an InvalidRequestException: %#', async (_what, input) => {
    const failure = await publish(input).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'InvalidRequestException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    });
    expect((failure as Error).message).toMatch(/\w{4}.*\.$/);
  });

  test('a payload of one byte too many, or of 1 MB: RequestEntityTooLargeException', async () => {
    for (const bytes of [MAX_PAYLOAD_BYTES + 1, 1024 * 1024]) {
      await expect(publish({ topic: 'no', payload: Buffer.alloc(bytes) })).rejects.toThrow(
        RequestEntityTooLargeException,
      );
    }
  });

  test('operations that are not offered say so', async () => {
    const commands = [
      new GetThingShadowCommand({ thingName: 'x' }),
      new SendDirectMessageCommand({ clientId: 'c', topic: 't' }),
      new ListSubscriptionsCommand({ clientId: 'c' }),
    ];
    for (const command of commands) {
      const failure = await sdk.send(command as GetThingShadowCommand).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(MethodNotAllowedException);
      expect((failure as Error).message).toContain('not offered');
    }
  });

  test('every answer was told, and by which operation', () => {
    const told = new Set(answered.map(([operation, status]) => `${operation} ${status}`));
    expect([...told].sort()).toEqual([
      'GetThingShadow 405',
      'ListSubscriptions 405',
      'Publish 400',
      'Publish 413',
      'SendDirectMessage 405',
    ]);
  });
});
