import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rotateTokenKeys } from '../shared/access/token-keys.ts';
import { configFrom } from '../shared/config.ts';
import { BROKER_FOLDER_IN_CONTAINER, writeBrokerFiles } from './broker-files.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'heartline-deploy-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const conf = () => readFileSync(join(home, 'broker', 'access.conf'), 'utf8');

test('the broker in its container is told of keys and users by files that it sees there', async () => {
  const config = configFrom({ HEARTLINE_HOME: home });
  await writeBrokerFiles(config);
  expect(readdirSync(join(home, 'broker')).sort()).toEqual(['access.conf', 'definitions.json', 'token-key-1.pem']);
  expect(conf()).toMatch(/^auth_oauth2\.resource_server_id = heartline$/m);
  for (const [, file = ''] of conf().matchAll(/ = (\/\S+)$/gm)) {
    expect(readdirSync(join(home, 'broker')).map((name) => `${BROKER_FOLDER_IN_CONTAINER}/${name}`)).toContain(file);
  }
  await rotateTokenKeys(config.access.keyFolder);
  await writeBrokerFiles(config);
  expect(conf()).toContain(`${BROKER_FOLDER_IN_CONTAINER}/token-key-2.pem`);
});

test('no password is in them, and no private key', async () => {
  const config = configFrom({ HEARTLINE_HOME: home });
  await writeBrokerFiles(config);
  const password = readFileSync(join(config.access.keyFolder, 'broker-password'), 'utf8');
  for (const name of readdirSync(join(home, 'broker'))) {
    const text = readFileSync(join(home, 'broker', name), 'utf8');
    expect(text).not.toContain(password);
    expect(text).not.toContain('PRIVATE');
  }
});
