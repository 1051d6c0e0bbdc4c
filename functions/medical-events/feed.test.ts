import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { declareStreams, startTestBroker, type TestBroker } from '../../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { openWebsocket, shakeHands, type TestWebsocket } from '../../localstack/testing/websocket.ts';
import type { EventChange } from '../../shared/medical-events/event-change.ts';
import { MAX_FEEDS } from '../../shared/medical-events/feed-store.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';

const BOOT_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 60_000;
const ACCEPTED = 202;
const MESSAGE_TOO_BIG = 1009;
const GOING_AWAY = 1001;
const GONE = 410;
/** Some of these fill what the system keeps for a socket. */
const LARGE = 500_000;
/** One byte more than API Gateway takes. */
const TOO_LONG = 128 * 1024 + 1;

let db: TestDatabase;
let broker: TestBroker;
let functions: TestFunctions;

beforeAll(async () => {
  db = await testDatabase();
  broker = await startTestBroker();
  await declareStreams(broker.endpoints);
  functions = await startFunctions(db.url, {
    HEARTLINE_STREAM_URL: broker.endpoints.stream,
    HEARTLINE_PROCESSING_MIN_MS: '1',
    HEARTLINE_PROCESSING_MAX_MS: '5',
  });
}, BOOT_LIMIT_MS);
afterAll(async () => {
  await functions.stop();
  await broker.remove();
  await db.drop();
}, BOOT_LIMIT_MS);

const feedOf = (query = '') => openWebsocket(`${functions.websocket}/${query}`);
const handshake = (query = '', key?: string) => shakeHands(`${functions.websocket}/${query}`, key);
const changesIn = ({ messages }: TestWebsocket): EventChange[] => messages.map((text) => JSON.parse(text));
const endpoint = () => functions.websocket.replace('ws:', 'http:');

/** As a careful client: again until it is taken; a process that has just started connects first. @returns the event's id */
async function post(patientId: string, data: object = {}): Promise<string> {
  const body = JSON.stringify({ patientId, type: 'observation', ts: new Date().toISOString(), data });
  const headers = { 'content-type': 'application/json' };
  return eventually('the event to be accepted', async () => {
    const answer = await fetchAllowed(`${functions.http}/events`, { method: 'POST', headers, body });
    const { eventId }: { eventId: string } = JSON.parse(await answer.text());
    return answer.status === ACCEPTED && eventId;
  });
}
const statusOf = async (eventId: string) =>
  (await db.pool.query('SELECT status FROM medical_events.events WHERE event_id = $1', [eventId])).rows[0]?.status;
const processed = (eventId: string) => eventually('the event', async () => (await statusOf(eventId)) === 'processed');
const feeds = async (): Promise<string[]> =>
  (await db.pool.query('SELECT connection_id FROM medical_events.feeds ORDER BY 1')).rows.map(
    ({ connection_id }) => connection_id,
  );
const noFeeds = () => eventually('all feeds to be closed', async () => (await feeds()).length === 0);
const insertFeed = (connectionId: string, at: string, age = '1 minute') =>
  db.pool.query(
    `INSERT INTO medical_events.feeds (connection_id, endpoint, connected_at) VALUES ($1, $2, now() - $3::interval)`,
    [connectionId, at, age],
  );

describe('the feed of changes', { timeout: TEST_LIMIT_MS }, () => {
  test('an event is seen as it is queued, begun and ended; of another patient, only by who listens to all; by nobody, not even queued', async () => {
    const unheard = await post('p-unheard');
    await processed(unheard);
    const { rows } = await db.pool.query(`SELECT last_value::int, is_called FROM medical_events.change_numbers`);
    expect(rows, 'no change was numbered').toEqual([{ last_value: 1, is_called: false }]);

    const [all, mine] = [await feedOf(), await feedOf('?patientId=p-mine')];
    const other = await post('p-other');
    await processed(other);
    const eventId = await post('p-mine', { name: 'not in the feed' });
    const changes = await eventually('the last change', () => changesIn(mine).length === 3 && changesIn(mine));
    const facts = { eventId, patientId: 'p-mine', type: 'observation' };
    const at = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(changes).toEqual([
      { ...facts, status: 'queued', attempts: 0, at, number: expect.any(Number) },
      { ...facts, status: 'processing', attempts: 1, at, number: expect.any(Number) },
      { ...facts, status: 'processed', attempts: 1, at, number: expect.any(Number) },
    ]);
    const numbers = changes.map(({ number }) => number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    const seen = await eventually('the other’s, too', () => all.messages.length === 6 && changesIn(all));
    expect(seen.filter((change) => change.eventId === other).map(({ status }) => status)).toEqual([
      'queued',
      'processing',
      'processed',
    ]);
    expect(seen.filter((change) => change.eventId === eventId)).toEqual(changes);

    all.socket.close();
    mine.socket.close();
    await noFeeds();
  });

  test('a client that is killed, one that was of a stack that was killed, one that reads nothing: no feed stays, and the others are told', async () => {
    const killed = await handshake();
    killed.socket.destroy();
    await insertFeed('of-a-stack-that-was-killed', endpoint());
    const mute = await handshake();
    mute.socket.pause();
    const [muteId] = (await feeds()).filter((id) => id !== 'of-a-stack-that-was-killed');
    await eventually('the mute client to be given up on', async () => {
      const init = { method: 'POST', body: 'x'.repeat(LARGE) };
      return (await fetch(`${endpoint()}/@connections/${muteId}`, init)).status === GONE;
    });
    const alive = await feedOf();
    const eventId = await post('p-1');
    await eventually('the last change', () => changesIn(alive).some(({ status }) => status === 'processed'));
    await eventually('the feeds of the dead to be closed', async () => (await feeds()).length === 1);
    expect(changesIn(alive).map((change) => change.eventId)).toEqual([eventId, eventId, eventId]);
    alive.socket.close();
    await noFeeds();
  });

  test('too many feeds, a wrong patient, an unknown parameter and a handshake used twice are refused', async () => {
    await db.pool.query(
      `INSERT INTO medical_events.feeds (connection_id, endpoint) SELECT 'n-' || n, $1 FROM generate_series(1, $2::int) AS n`,
      [endpoint(), MAX_FEEDS],
    );
    expect((await handshake()).status).toBe(429);
    await db.pool.query('TRUNCATE medical_events.feeds');
    for (const query of ['?patientId=', '?patientId=a/b', '?patientId=%00', `?patientId=${'x'.repeat(65)}`, '?all=1']) {
      expect((await handshake(query)).status, query).toBe(400);
    }
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const first = await handshake('', key);
    expect([first.status, (await handshake('', key)).status]).toEqual([101, 400]);
    first.socket.destroy();
    await noFeeds();
  });

  test('every frame is answered, whatever is in it; those that are none, or too long, end their own connection only', async () => {
    const client = await feedOf();
    const problem = (code: string) => expect.objectContaining({ status: 400, code });
    const frames: [string | Uint8Array<ArrayBuffer>, unknown][] = [
      ['{"action":"ping"}', { action: 'pong' }],
      ['', problem('malformed_json')],
      ['{', problem('malformed_json')],
      [new Uint8Array([0, 255, 1]), problem('malformed_json')],
      [new TextEncoder().encode('{"action":"ping"}'), problem('malformed_json')],
      ['null', problem('validation_failed')],
      ['7', problem('validation_failed')],
      ['"ping"', problem('validation_failed')],
      ['[]', problem('validation_failed')],
      ['{"action":"subscribe"}', problem('validation_failed')],
      ['{"action":{"a":1}}', problem('validation_failed')],
      ['{"action":"__proto__"}', problem('validation_failed')],
      ['{"action":"ping","more":1}', problem('validation_failed')],
      ['['.repeat(100_000), problem('malformed_json')],
    ];
    for (const [index, [frame, answer]] of frames.entries()) {
      client.socket.send(frame);
      await eventually(`an answer to frame ${index}`, () => client.messages.length === index + 1);
      expect(JSON.parse(client.messages[index] ?? ''), `frame ${index}`).toEqual(answer);
    }
    // The names of the other routes: neither opens a feed again, nor closes this one.
    for (const action of ['$connect', '$disconnect']) client.socket.send(JSON.stringify({ action }));
    client.socket.send('{"action":"ping"}');
    await eventually('a pong', () => client.messages.at(-1) === '{"action":"pong"}');
    expect(await feeds()).toHaveLength(1);

    const { socket } = await handshake();
    // A text frame with all reserved bits, and no mask.
    socket.write(Buffer.from([0xf1, 0x01, 0x61]));
    await once(socket, 'close');
    client.socket.send('x'.repeat(TOO_LONG));
    expect(await client.closed).toBe(MESSAGE_TOO_BIG);
    await noFeeds();
    expect((await fetch(`${functions.http}/healthz`)).status).toBe(200);
  });

  test('what cannot be sent is reported, for the trigger to send again; what goes to another endpoint is not', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    await insertFeed('away', away);
    const client = await feedOf();
    const change = {
      eventId: 'e',
      patientId: 'p',
      type: 't',
      status: 'dead',
      attempts: 5,
      at: new Date().toISOString(),
    };
    const bodies = [{ endpoint: away }, { endpoint: endpoint() }, { endpoint: 'nowhere' }];
    const records = bodies.map((more, index) => ({
      messageId: String(index + 1),
      body: JSON.stringify({ ...change, ...more, number: index + 1 }),
    }));
    const answer = await fetch(
      `${functions.lambda}/2015-03-31/functions/heartline-local-push-event-changes/invocations`,
      { method: 'POST', body: JSON.stringify({ Records: records }) },
    );
    expect(JSON.parse(await answer.text())).toMatchObject({
      batchItemFailures: [
        { itemIdentifier: '3', error: { code: 'poison_record' } },
        { itemIdentifier: '1', error: { code: 'feed_unreachable' } },
      ],
    });
    await eventually('the other’s change', () => client.messages.length > 0);
    expect(changesIn(client)).toEqual([{ ...change, number: 2 }]);
    await db.pool.query('TRUNCATE medical_events.feeds');
    client.socket.close();
    await client.closed;
  });

  test('a stop closes every connection, with the code that says to connect again', async () => {
    const client = await feedOf();
    await functions.stop();
    expect(await client.closed).toBe(GOING_AWAY);
  });
});
