import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { shakeHands } from '../../localstack/testing/websocket.ts';
import { asRole, localToken } from '../../shared/access/local-token.ts';
import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import { config } from '../../shared/config.ts';
import { badTokens } from '../../shared/testing/bad-tokens.ts';

const START_LIMIT_MS = 60_000;
/** More than one address is refused at once by this file. */
const REFUSED_PER_S = 1_000;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

let db: TestDatabase;
let running: TestFunctions;
let wrong: Awaited<ReturnType<typeof badTokens>>;

beforeAll(async () => {
  db = await testDatabase();
  running = await startFunctions(db.url, {
    HEARTLINE_RATE_LIMIT_REFUSED: String(REFUSED_PER_S),
    // Whoever started the process is not asked who its callers are.
    AUTHORIZER: '{"lambda":{"id":"environment","role":"admin"}}',
  });
  const { keyFolder, ...parties } = config().access;
  wrong = await badTokens(await ensureTokenKeys(keyFolder), keyFolder, parties);
}, START_LIMIT_MS);
afterAll(async () => {
  await running.stop();
  await db.drop();
}, START_LIMIT_MS);

const ask = (headers: Record<string, string>, path = '/thresholds') => fetch(`${running.http}${path}`, { headers });
/** As it stands on the wire: fetch would tidy the path up. */
const askRaw = (url: string, headers: Record<string, string>, body: string) =>
  new Promise<number | string>((resolve) => {
    const { origin } = new URL(url);
    request(origin, { method: 'POST', path: url.slice(origin.length), headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', () => resolve('cut'))
      .end(body);
  });
/** All that a caller learns from an answer, but for what is of this request alone. */
async function learnt(answer: Response) {
  const { 'content-type': type, 'www-authenticate': challenge, ...headers } = Object.fromEntries(answer.headers);
  for (const own of ['traceparent', 'date']) delete headers[own];
  return { status: answer.status, type, challenge, headers, body: await answer.text() };
}
const NOBODY = {
  status: UNAUTHORIZED,
  type: 'application/problem+json',
  body: JSON.stringify({
    type: 'urn:heartline:problem:unauthorized',
    title: 'Nobody is signed in',
    status: UNAUTHORIZED,
    detail: 'A valid token is needed.',
    code: 'unauthorized',
    errors: [],
  }),
};

describe('who has no valid token', () => {
  test('has none: 401, and what is asked for', async () => {
    expect(await learnt(await ask({}))).toMatchObject({ ...NOBODY, challenge: 'Bearer' });
  });

  test('has a wrong one: 401, the same to the byte whatever is wrong with it', async () => {
    const all = await Promise.all(
      wrong.map(async ({ token }) => learnt(await ask({ authorization: `Bearer ${token}` }))),
    );
    for (const answer of all) expect(answer).toEqual(all[0]);
    expect(all[0]).toMatchObject({ ...NOBODY, challenge: 'Bearer error="invalid_token"' });
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer a b', 'x', ''])('says %j: 401', async (authorization) => {
    expect((await ask({ authorization })).status).toBe(UNAUTHORIZED);
  });

  test('cannot say who they are in any other way', async () => {
    const admin = '{"lambda":{"id":"a","role":"admin"}}';
    const tries: Record<string, string>[] = [
      { 'sls-offline-authorizer-override': admin },
      { 'SLS-Offline-Authorizer-Override': admin, authorization: 'Bearer x' },
      { authorizer: admin, 'x-amzn-request-context': `{"authorizer":${admin}}`, 'x-authorizer': admin },
      { cookie: `authorizer=${admin}` },
    ];
    for (const headers of tries) expect((await ask(headers)).status, Object.keys(headers)[0]).toBe(UNAUTHORIZED);
    const query = `?requestContext=${encodeURIComponent(admin)}&access_token=${await localToken('admin')}`;
    expect((await ask({}, `/thresholds${query}`)).status).toBe(UNAUTHORIZED);
    const body = JSON.stringify({ requestContext: { authorizer: JSON.parse(admin) } });
    const posted = await fetch(`${running.http}/inventory/stock`, { method: 'POST', body });
    expect(posted.status).toBe(UNAUTHORIZED);
  });

  test('cannot become another with a valid token', async () => {
    const headers = {
      ...(await asRole('device')),
      'sls-offline-authorizer-override': '{"lambda":{"id":"a","role":"admin"}}',
    };
    expect((await ask(headers)).status).toBe(FORBIDDEN);
  });

  test('cannot have a page post to what AWS signs for, past the authorizer', async () => {
    const invoke = `${running.lambda}/2015-03-31/functions/heartline-local-healthz/invocations`;
    const event = { requestContext: { authorizer: JSON.parse('{"lambda":{"id":"a","role":"admin"}}') } };
    const post = (headers: Record<string, string>) =>
      fetch(invoke, { method: 'POST', headers, body: JSON.stringify(event) });
    expect((await post({})).status).toBe(200);
    await expect(post({ origin: 'http://elsewhere.example' })).rejects.toThrow('fetch failed');
    for (const path of ['/%32015-03-31/', '/x/../2015-03-31/', '/./2015-03-31/', '/2015%2d03-31/']) {
      const spelled = await askRaw(invoke.replace('/2015-03-31/', path), { origin: 'null' }, JSON.stringify(event));
      expect(spelled, path).toBe('cut');
    }
    const connection = `${running.websocket.replace('ws:', 'http:')}/@connections/x`;
    const pushed = fetch(connection, { method: 'POST', headers: { origin: 'null' }, body: '{}' });
    await expect(pushed).rejects.toThrow('fetch failed');
  });

  test('is told no more by another method or a wrong path variable', async () => {
    for (const [method, path] of [
      ['PATCH', '/thresholds'],
      ['GET', '/thresholds/wards/%00'],
      ['PUT', '/thresholds/default'],
    ] as const) {
      const answer = await fetch(`${running.http}${path}`, { method });
      expect(await learnt(answer), `${method} ${path}`).toMatchObject(NOBODY);
    }
  });

  test('may ask how the system is, with a wrong token, too', async () => {
    for (const path of ['/health', '/healthz', '/openapi.json', '/.well-known/jwks.json']) {
      expect([(await ask({}, path)).status, (await ask({ authorization: 'Bearer x' }, path)).status]).toEqual([
        200, 200,
      ]);
    }
  });
});

test('a role that may not is 403, and not told who may', async () => {
  const answer = await learnt(await ask(await asRole('device')));
  expect(answer).toMatchObject({ status: FORBIDDEN, type: 'application/problem+json' });
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'role_forbidden', errors: [] });
  expect(answer.body).not.toMatch(/nurse|doctor|admin|device/);
  expect((await ask(await asRole('nurse'))).status).toBe(200);
});

test('the public keys are served, and no private one', async () => {
  const { keys } = (await (await ask({}, '/.well-known/jwks.json')).json()) as { keys: object[] };
  expect(keys).toEqual([expect.objectContaining({ kty: 'EC', alg: 'ES256' })]);
  expect(keys[0]).not.toHaveProperty('d');
});

describe('a feed', () => {
  beforeEach(() => db.pool.query('TRUNCATE medical_events.feeds'));
  const open = async (authorization: Record<string, string>, query = '') => {
    const { status, socket } = await shakeHands(`${running.websocket}/${query}`, undefined, authorization);
    socket.destroy();
    return status;
  };

  test('is opened with a token in the header or in the query', async () => {
    expect(await open(await asRole('nurse'))).toBe(101);
    expect(await open({}, `?patientId=p-1&access_token=${await localToken('doctor')}`)).toBe(101);
  });

  test('is refused without, with a wrong one and in another role', async () => {
    expect(await open({})).toBe(UNAUTHORIZED);
    for (const { name, token } of wrong) {
      expect(await open({ authorization: `Bearer ${token}` }), name).toBe(UNAUTHORIZED);
      expect(await open({}, `?access_token=${token}`), name).toBe(UNAUTHORIZED);
    }
    expect(await open(await asRole('device'))).toBe(FORBIDDEN);
    expect((await db.pool.query('SELECT FROM medical_events.feeds')).rowCount).toBe(0);
  });
});
