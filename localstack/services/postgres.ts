import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { PermanentError } from '../../shared/errors.ts';
import type { Certificates } from '../setup/local-certificates.ts';
import type { PostgresPrograms } from '../setup/obtain-postgres.ts';
import { startManagedProcess } from './managed-process.ts';
import { tlsSettings } from './postgres-tls.ts';
import type { RunningService, Service } from './service.ts';
import { asUnprivileged } from './unprivileged.ts';

export interface PostgresEndpoints {
  /** Connection URL of the `heartline` database. */
  url: string;
  port: number;
}

export interface PostgresOptions {
  programs: PostgresPrograms;
  /** Holds the cluster (`postgres/`), `logs/` and `run/`. */
  home: string;
  port: number;
  /** With it nobody connects in the clear. */
  tls?: Certificates | undefined;
}

const READY_TIMEOUT_MS = 60_000; // crash recovery after a kill -9 under load is part of it
const STOP_GRACE_MS = 10_000;
const DATABASE = 'heartline';
const USER = 'postgres';
/** Two pools a process, a few processes, tests in parallel. */
const MAX_CONNECTIONS = 200;

/** Postgres 18 with pgmq on loopback. Durable: fsync, full_page_writes and synchronous_commit keep their defaults (on). */
export function postgresService({ programs, home, port, tls }: PostgresOptions): Service<PostgresEndpoints> {
  const data = join(home, 'postgres');
  const logFile = join(home, 'logs', 'postgres.log');
  return {
    name: 'postgres',
    async start(): Promise<RunningService<PostgresEndpoints>> {
      const server = join(programs.bin, 'postgres');
      const user = asUnprivileged(server);
      initialise(programs, data, user.prefix, user.uid);
      const settings = {
        port: String(port),
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        max_connections: String(MAX_CONNECTIONS),
        extension_control_path: `${programs.extensionPath}:$system`,
        track_commit_timestamp: 'off',
        log_line_prefix: '%m [%p] ',
        timezone: 'UTC',
        ...(tls && tlsSettings(tls, data, user.uid)),
      };
      const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
      const [file = server, ...rest] = [...user.prefix, server, ...args];
      const running = await startManagedProcess({
        name: 'Postgres',
        file,
        args: rest,
        cwd: home,
        env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TZ: 'UTC' },
        logFile,
        pidFile: join(home, 'run', 'postgres.json'),
        stopSignal: 'SIGINT', // fast shutdown: SIGTERM would wait for every client to leave
        stopGraceMs: STOP_GRACE_MS,
        readyTimeoutMs: READY_TIMEOUT_MS,
        isReady: () => answers(databaseUrl(port, 'postgres', tls)),
        ...(user.uid === undefined ? {} : { uid: user.uid }),
      });
      await createDatabase(databaseUrl(port, 'postgres', tls));
      return {
        name: 'postgres',
        version: programs.version,
        logFile,
        endpoints: { url: databaseUrl(port, DATABASE, tls), port },
        ...running,
      };
    },
  };
}

/** The cluster is made beside its place and moved there when complete, so that an interrupted one is never started. */
function initialise(programs: PostgresPrograms, data: string, prefix: string[], uid: number | undefined): void {
  if (existsSync(join(data, 'PG_VERSION'))) return;
  const staging = `${data}.new`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  if (uid !== undefined) chownSync(staging, uid, uid);
  const command = [
    ...prefix,
    join(programs.bin, 'initdb'),
    '-D',
    staging,
    '-U',
    USER,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
  ];
  const made = spawnSync(command[0] ?? '', command.slice(1), {
    encoding: 'utf8',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  if (made.status !== 0) {
    throw new PermanentError('initdb_failed', `initdb failed in ${staging}:\n${made.stderr || made.error?.message}`);
  }
  renameSync(staging, data);
}

function databaseUrl(port: number, database: string, tls: Certificates | undefined): string {
  const verified = tls ? `?sslmode=verify-full&sslrootcert=${encodeURIComponent(tls.ca)}` : '';
  return `postgresql://${USER}@127.0.0.1:${port}/${database}${verified}`;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined); // a connection cut while the server starts: the next round asks again
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (known.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
