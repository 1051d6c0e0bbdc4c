import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processIdentity } from '../../shared/process-identity.ts';
import { openPosition, type WardPosition } from './position.ts';
import { lockFolder } from './state-files.ts';
import { temporaryFolder } from './testing/recording-files.ts';

const POSITION: WardPosition = {
  wardSecond: 12.5,
  beds: 2,
  recordings: ['13', '19'],
  admissions: [1, 2],
  stays: [{ bed: 0, recording: 1, admission: 2, startSecond: 3.25 }],
};

test('a position is what was saved last, and gone when cleared', async () => {
  await using folder = await temporaryFolder();
  const store = openPosition(folder.path);
  expect(store.load()).toBeUndefined();
  store.save(POSITION);
  store.save({ ...POSITION, wardSecond: 13 });
  expect(openPosition(folder.path).load()).toEqual({ ...POSITION, wardSecond: 13 });
  store.clear();
  expect(store.load()).toBeUndefined();
});

test('a damaged position counts as none', async () => {
  await using folder = await temporaryFolder();
  for (const text of ['', '{"wardSecond":', '{}', 'null', JSON.stringify({ ...POSITION, wardSecond: -1 })]) {
    await folder.write('position.json', text);
    expect(openPosition(folder.path).load(), text).toBeUndefined();
  }
});

test('a folder is taken by one process; the lock of one that is gone is taken over', async () => {
  await using folder = await temporaryFolder();
  const other = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
  const state = join(folder.path, 'state');
  await folder.write('state/ward.lock', JSON.stringify({ pid: other.pid, identity: processIdentity(other.pid ?? 0) }));
  expect(() => lockFolder(state)).toThrow(`process ${other.pid} is using ${state}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const unlock = lockFolder(state);
  expect(await readFile(join(state, 'ward.lock'), 'utf8')).toContain(`"pid":${process.pid},`);
  unlock();
  await expect(readFile(join(state, 'ward.lock'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a state folder that cannot be one is an error that says so', async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write('notes.txt', 'none');
  expect(() => lockFolder(join(file, 'state'))).toThrow(/state: the ward cannot keep its state here \(ENOTDIR\)/);
});
