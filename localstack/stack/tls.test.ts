import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { asRole } from '../../shared/access/local-token.ts';
import { migrate } from '../../shared/postgres/migrate.ts';
import { freePort } from '../services/ports.ts';
import { postgresService } from '../services/postgres.ts';
import type { RunningService } from '../services/service.ts';
import { type Certificates, ensureCertificates } from '../setup/local-certificates.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { silentProgress } from '../setup/progress.ts';
import { startFunctions, type TestFunctions } from '../testing/functions.ts';

const START_LIMIT_MS = 90_000;

let folder: string;
let own: Certificates;
let others: Certificates;
let postgres: RunningService<{ url: string; port: number }>;
let functions: TestFunctions;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heartline-tls-'));
  own = ensureCertificates(join(folder, 'tls'));
  others = ensureCertificates(join(folder, 'others'));
  const programs = await obtainPostgres(silentProgress);
  postgres = await postgresService({ programs, home: folder, port: await freePort(), tls: own }).start();
  await migrate(postgres.endpoints.url, { log: () => undefined });
  functions = await startFunctions(postgres.endpoints.url, { HEARTLINE_TLS_DIR: join(folder, 'tls') });
}, START_LIMIT_MS);
afterAll(async () => {
  await functions?.stop();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
}, START_LIMIT_MS);

/** @param ca whom the caller trusts; without it the public authorities */
const statusOf = (path: string, headers: Record<string, string>, ca?: Certificates) =>
  new Promise<number | undefined>((resolve, reject) => {
    const trusted = ca && { ca: readFileSync(ca.ca) };
    request(functions.http + path, { ...trusted, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('HTTP', () => {
  test('is answered over TLS, from the database over TLS', async () => {
    expect(functions.http).toMatch(/^https:/);
    expect(await statusOf('/db-first/notifications?limit=1', await asRole('nurse'), own)).toBe(200);
    expect(await statusOf('/thresholds', {}, own)).toBe(401);
  });

  test('who does not trust the authority, or trusts another, sends nothing', async () => {
    await expect(statusOf('/healthz', {})).rejects.toThrow(/certificate/);
    await expect(statusOf('/healthz', {}, others)).rejects.toThrow(/certificate/);
  });

  test('in the clear nothing is answered', async () => {
    await expect(fetch(functions.http.replace('https:', 'http:'))).rejects.toThrow('fetch failed');
  });
});

test('a feed is opened over TLS, and not without the authority', async () => {
  const open = async (ca?: Certificates) => {
    const socket = new WebSocket(functions.websocket, {
      headers: await asRole('nurse'),
      ...(ca && { ca: readFileSync(ca.ca) }),
    });
    const opened = await new Promise<string>((resolve) => {
      socket.on('open', () => resolve('open'));
      socket.on('error', (error) => resolve(error.message));
    });
    socket.terminate();
    return opened;
  };
  expect(await open(own)).toBe('open');
  expect(await open()).toMatch(/certificate/);
});

describe('Postgres', () => {
  const connect = async (change: (url: URL) => void) => {
    const url = new URL(postgres.endpoints.url);
    change(url);
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await client.end();
    return rows;
  };

  test('its URL says how it is verified', async () => {
    expect(postgres.endpoints.url).toContain('sslmode=verify-full');
    expect(await connect(() => undefined)).toEqual([{ ssl: true }]);
  });

  test('another authority is refused by the client, and the clear by the server', async () => {
    await expect(connect((url) => url.searchParams.set('sslrootcert', others.ca))).rejects.toThrow(/certificate/);
    await expect(
      connect((url) => {
        url.search = '';
      }),
    ).rejects.toThrow(/no encryption/);
  });
});
