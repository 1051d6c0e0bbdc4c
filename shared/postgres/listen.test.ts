import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { type Link, linkTo } from '../testing/broken-servers.ts';
import { listen } from './listen.ts';

let db: TestDatabase;
let link: Link;
beforeAll(async () => {
  db = await testDatabase();
  link = await linkTo(Number(new URL(db.url).port));
});
afterAll(async () => {
  await link.close();
  await db.drop();
});

function listening() {
  const heard: string[] = [];
  const counts = { listening: 0, lost: 0 };
  const { close } = listen({
    url: Object.assign(new URL(db.url), { port: String(link.port) }).href,
    channel: 'test_listen',
    applicationName: 'test-listen',
    askEveryMs: 50,
    answerTimeoutMs: 200,
    onMessage: (payload) => heard.push(payload),
    onListening: () => {
      counts.listening += 1;
    },
    onLost: () => {
      counts.lost += 1;
    },
  });
  const listened = (times: number) => eventually(`session ${times}`, () => counts.listening >= times);
  return { heard, counts, close, listened };
}

const notify = (payload: string) => db.pool.query(`SELECT pg_notify('test_listen', $1)`, [payload]);
const sessions = async () =>
  (await db.pool.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'test-listen'`)).rows;

test('hears what is notified, and none after it was closed', async () => {
  const { heard, close, listened } = listening();
  await listened(1);
  await notify('one');
  await notify('');
  await eventually('both', () => heard.length === 2);
  expect(heard).toEqual(['one', '']);
  await close();
  await notify('two');
  await eventually('its session is gone', async () => (await sessions()).length === 0);
  expect(heard).toEqual(['one', '']);
});

test.each<[string, () => unknown]>([
  [
    'ended by the server',
    () =>
      db.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-listen'`),
  ],
  ['cut', () => link.cut()],
  ['silent without a word', () => link.stall()],
])('a session that is %s is made anew, and hears again', async (_, harm) => {
  const { heard, counts, close, listened } = listening();
  await listened(1);
  await harm();
  await eventually('the loss', () => counts.lost > 0);
  link.restore();
  await listened(2);
  await notify('again');
  await eventually('the message', () => heard.includes('again'));
  await close();
});

test('closed while there is no session it stays so', async () => {
  link.cut();
  const { counts, close } = listening();
  await eventually('failures', () => counts.lost > 1);
  await close();
  link.restore();
  const { lost } = counts;
  await notify('nobody hears');
  expect([counts.listening, counts.lost, await sessions()]).toEqual([0, lost, []]);
});
