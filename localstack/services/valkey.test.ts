import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processIdentity } from '../../shared/process-identity.ts';
import { obtainValkey } from '../setup/obtain-valkey.ts';
import { silentProgress } from '../setup/progress.ts';
import { freePort } from './ports.ts';
import { type ValkeyDurability, valkeyService } from './valkey.ts';

const BOOT_TIMEOUT_MS = 300_000;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'heartline-valkey-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** The answer to one command, as it comes over the line. */
function ask(port: number, command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
  socket.once('error', reject);
  socket.once('data', (answer) => {
    socket.destroy();
    resolve(String(answer));
  });
  return promise;
}

const durabilities: [ValkeyDurability, string][] = [
  ['none', '$-1\r\n'],
  ['everysec', '$5\r\nvalue\r\n'],
  ['always', '$5\r\nvalue\r\n'],
];

test.each(durabilities)(
  '%s: answers, ends, and after its next start knows %j',
  { timeout: BOOT_TIMEOUT_MS },
  async (durability, kept) => {
    const folder = join(home, durability);
    const port = await freePort();
    const service = valkeyService({ program: await obtainValkey(silentProgress), home: folder, port, durability });
    const first = await service.start();
    expect(first.version).toMatch(/^\d+\.\d+/);
    expect(await ask(port, 'SET name value')).toBe('+OK\r\n');
    expect(await ask(port, 'CONFIG GET appendfsync')).toContain(durability === 'none' ? 'everysec' : durability);
    await first.stop();
    expect(processIdentity(first.pid)).toBeUndefined();
    const second = await service.start();
    expect(await ask(port, 'GET name')).toBe(kept);
    await second.stop();
  },
);
