import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PermanentError, TransientError } from '../errors.ts';
import { httpEvent, jsonPost, problemIn } from '../testing/http-event.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import { httpHandler } from './http-handler.ts';
import { MAX_BODY_BYTES } from './json-body.ts';

function posting(respond: (body: { name: string }) => unknown = (body) => body) {
  const kept = keptTelemetry('error');
  const route = {
    name: 'test-post',
    stage: 'test',
    method: 'POST' as const,
    access: 'public' as const,
    body: z.strictObject({ name: z.string(), list: z.array(z.number()).optional() }),
    answers: {},
    respond: async ({ body }: { body: { name: string } }) => ({ status: 201, body: { got: await respond(body) } }),
  };
  return { handler: httpHandler(route, () => kept), kept };
}

const post = async (...parts: Parameters<typeof jsonPost>) => problemIn(await posting().handler(jsonPost(...parts)));

describe('a request that is right', () => {
  test('is answered, with a trace header of the caller’s trace', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const answer = await posting().handler(jsonPost({ name: 'x' }, { headers }));
    expect(answer).toMatchObject({ statusCode: 201, body: '{"got":{"name":"x"}}' });
    expect(answer.headers?.['traceparent']).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
  });

  test.each([
    'application/json',
    'application/json; charset=UTF-8',
    'APPLICATION/JSON',
    'application/cloudevents+json',
  ])('may be declared as %s', async (type) => {
    const answer = await posting().handler(jsonPost({ name: 'x' }, { headers: { 'content-type': type } }));
    expect(answer.statusCode).toBe(201);
  });

  test('may come as base64', async () => {
    const body = Buffer.from('{"name":"ü"}').toString('base64');
    const answer = await posting().handler(jsonPost(null, { body, isBase64Encoded: true }));
    expect(answer).toMatchObject({ statusCode: 201, body: '{"got":{"name":"ü"}}' });
  });
});

describe('a request that is wrong', () => {
  test.each(['', '{', '{"name":', 'x', '{"name":"x"} x', "{'name':1}", '\ufeff{"name":"x"}'])(
    'malformed JSON %j is 400',
    async (body) => {
      expect(await post(null, { body })).toMatchObject({ status: 400, code: 'malformed_json', errors: [] });
    },
  );

  test.each(['%%%', Buffer.from([0x7b, 0xff, 0xfe]).toString('base64'), 'eyJ'])('base64 %s is 400', async (body) => {
    expect(await post(null, { body, isBase64Encoded: true })).toMatchObject({ status: 400, code: 'malformed_json' });
  });

  test.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'json'])(
    'content type %s is 415',
    async (type) => {
      const event = jsonPost({ name: 'x' });
      if (type === undefined) delete event.headers['content-type'];
      else event.headers['content-type'] = type;
      const answer = await posting().handler(event);
      expect(problemIn(answer)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
      expect(answer.headers?.['accept']).toBe('application/json');
    },
  );

  test.each(['gzip', 'br'])('content encoding %s is 415', async (encoding) => {
    const event = jsonPost({ name: 'x' });
    event.headers['content-encoding'] = encoding;
    expect(problemIn(await posting().handler(event))).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  test('bytes that are not UTF-8, decoded by the server before us, are 400: they would be stored altered', async () => {
    const body = JSON.stringify({ name: Buffer.from([0xff, 0xfe]).toString() });
    expect(await post(null, { body })).toMatchObject({ status: 400, code: 'malformed_json' });
  });

  test('a body over the limit is 413, plain or base64, by its bytes', async () => {
    const body = JSON.stringify({ name: 'ü'.repeat(MAX_BODY_BYTES / 2) });
    const base64 = Buffer.from(body).toString('base64');
    expect(await post(null, { body })).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(await post(null, { body: base64, isBase64Encoded: true })).toMatchObject({ status: 413 });
    expect(await post(null, { body: 'x'.repeat(1024 * 1024) })).toMatchObject({ status: 413 });
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])(
    'method %s is 405 and says what is allowed',
    async (method) => {
      const answer = await posting().handler(httpEvent({ method }));
      expect(problemIn(answer)).toMatchObject({ status: 405, code: 'method_not_allowed' });
      expect(answer.headers?.['allow']).toBe('POST');
    },
  );

  test('every fault is told with its path', async () => {
    const { errors, ...problem } = await post({ list: [1, 'x'], extra: 1, 'an other': 2 });
    expect(problem).toEqual({
      type: 'urn:heartline:problem:validation_failed',
      title: 'The request is not valid',
      status: 400,
      detail: 'The body is not valid.',
      code: 'validation_failed',
    });
    expect(errors).toEqual([
      { path: 'name', message: 'is required' },
      { path: 'list.1', message: expect.stringContaining('number') },
      { path: 'extra', message: 'is not a known member' },
      { path: 'an other', message: 'is not a known member' },
    ]);
  });

  test('a thousand faults give a short answer', async () => {
    const names = Array.from({ length: 1_000 }, (_, i) => [`${'x'.repeat(20)}${i}`, 1]);
    const { errors } = await post({ name: 'x', ...Object.fromEntries(names) });
    expect(errors).toHaveLength(20);
  });

  test('an event that is none is a wrong request, not a crash', async () => {
    const { handler } = posting();
    for (const event of [{}, null, { requestContext: null }]) {
      expect((await handler(event as never)).statusCode).toBe(415);
    }
  });
});

describe('a failure of ours', () => {
  test('a transient error is 503, to be tried again', async () => {
    const { handler, kept } = posting(() => Promise.reject(new TransientError('database_slow', 'in pg_sleep')));
    const answer = await handler(jsonPost({ name: 'x' }));
    expect(problemIn(answer)).toMatchObject({ status: 503, code: 'database_slow' });
    expect(answer.headers?.['retry-after']).toBe('1');
    expect(answer.body).not.toContain('pg_sleep');
    expect(kept.lines.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });

  test.each([new Error('secret inside'), new PermanentError('some_code', 'secret inside'), 'secret inside'])(
    'an unexpected %s is 500, tells nothing of itself, and is logged',
    async (thrown) => {
      const { handler, kept } = posting(() => Promise.reject(thrown));
      const answer = await handler(jsonPost({ name: 'x' }));
      expect(problemIn(answer)).toMatchObject({ status: 500, code: 'internal_error' });
      expect(answer.body).not.toMatch(/secret|stack|\.ts/);
      const errors = kept.lines.filter(({ level }) => level === 'ERROR');
      expect(errors).toHaveLength(1);
      expect(JSON.stringify(errors)).toContain('secret inside');
    },
  );

  test('a function about to time out answers 503 itself', async () => {
    const { handler } = posting(() => new Promise(() => undefined));
    const context = { getRemainingTimeInMillis: () => 210 };
    expect(problemIn(await handler(jsonPost({ name: 'x' }), context as never))).toMatchObject({ code: 'timed_out' });
  });
});

test('every answer is counted and timed, under its function and status', async () => {
  const { handler, kept } = posting();
  await handler(jsonPost({ name: 'x' }));
  await handler(httpEvent({ method: 'GET' }));
  const counted = kept.lines.filter((line) => 'http_requests_total' in line);
  expect(counted).toMatchObject([
    { function: 'test-post', status: '201', http_requests_total: 1 },
    { function: 'test-post', status: '405', http_requests_total: 1 },
  ]);
  expect(kept.lines.filter((line) => 'http_request_duration_ms' in line)).toHaveLength(2);
});
