import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { forgetConfig } from '../config.ts';
import { channelsIn, processChannels } from './read-channels.ts';

const FROM_FILE = `whsec_${'a'.repeat(40)}`;
const FROM_ENVIRONMENT = `whsec_${'b'.repeat(40)}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heartline-channels-'));
  await writeFile(join(folder, 'secret'), `${FROM_FILE}\n`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  forgetConfig();
});
afterAll(() => rm(folder, { recursive: true }));

async function channelsOf(text: string) {
  const path = join(folder, 'channels.yml');
  await writeFile(path, text.replaceAll('FOLDER', folder));
  return channelsIn(path);
}

test('without a file, the station', () => {
  expect(processChannels()).toMatchObject([{ name: 'station', type: 'station' }]);
});

test('the station is there whatever else is; secrets come from files and variables', async () => {
  vi.stubEnv('PHONES_SECRET', FROM_ENVIRONMENT);
  const channels = await channelsOf(`
channels:
  - { name: pager, type: pagerduty, secretFile: FOLDER/secret, roles: [doctor], redirectTo: phones }
  - { name: phones, type: webhook, url: https://phones.example/in, secretEnv: PHONES_SECRET, heartbeat: true }
  - { name: monitoring, type: alertmanager, url: 'http://127.0.0.1:9093' }`);
  expect(channels).toMatchObject([
    { name: 'station', type: 'station', retry: { attempts: 3 } },
    { name: 'pager', secret: FROM_FILE, url: 'https://events.pagerduty.com/v2/enqueue', identifiers: 'none' },
    { name: 'phones', secret: FROM_ENVIRONMENT, retry: { attempts: 5, withinMs: 60_000 } },
    { name: 'monitoring', secret: '' },
  ]);
});

const phones = 'name: phones, type: webhook, url: https://phones.example/in, secretFile: FOLDER/secret';
test('a webhook whose secret is no key is found out before anything is sent', async () => {
  vi.stubEnv('PHONES_SECRET', 'whsec_short');
  const text = 'channels: [{ name: phones, type: webhook, url: https://phones.example/in, secretEnv: PHONES_SECRET }]';
  await expect(channelsOf(text)).rejects.toMatchObject({ code: 'webhook_secret' });
});

test.each<[string, string, RegExp]>([
  ['no YAML', 'channels: [', /no YAML/],
  ['a type that nobody knows', '{channels: [{name: a, type: fax}]}', /channels\.0\.type/],
  ['a member that nobody knows', `{channels: [{${phones}, colour: red}]}`, /colour/],
  ['a secret in the file', `{channels: [{${phones}, secret: whsec_abc}]}`, /secret/],
  [
    'no secret',
    '{channels: [{name: phones, type: webhook, url: https://phones.example/in}]}',
    /needs secretFile or secretEnv/,
  ],
  ['two secrets', `{channels: [{${phones}, secretEnv: SOME}]}`, /not both/],
  [
    'a variable that is not set',
    '{channels: [{name: p, type: pagerduty, secretEnv: NOT_SET_HERE}]}',
    /NOT_SET_HERE, which is not set/,
  ],
  [
    'a file that is not there',
    '{channels: [{name: p, type: pagerduty, secretFile: /nowhere/at/all}]}',
    /channel p in \/nowhere/,
  ],
  [
    'clear text to another machine',
    '{channels: [{name: am, type: alertmanager, url: "http://am.example"}]}',
    /channels\.am: url: https/,
  ],
  ['a role that nobody has', `{channels: [{${phones}, roles: [porter]}]}`, /channels\.0\.roles\.0/],
  ['a name twice', `{channels: [{${phones}}, {${phones}}]}`, /each name once/],
  [
    'a redirection to nowhere',
    `{channels: [{${phones}, redirectTo: fax}]}`,
    /redirectTo: another channel of the file: station/,
  ],
  ['a redirection to itself', `{channels: [{${phones}, redirectTo: phones}]}`, /redirectTo: another channel/],
  ['too many attempts', `{channels: [{${phones}, retry: {attempts: 99, withinMs: 60000}}]}`, /attempts/],
])('%s is an error that says where', async (_what, text, says) => {
  const found = await channelsOf(text).catch((error: Error) => error);
  expect(found).toMatchObject({ code: 'channels_invalid', message: expect.stringMatching(says) });
  expect(found).not.toMatchObject({ message: expect.stringContaining('whsec_abc') });
});
