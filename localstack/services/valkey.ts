import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ValkeyProgram } from '../setup/obtain-valkey.ts';
import { parseVersion, runProgram } from '../setup/run-program.ts';
import { startManagedProcess } from './managed-process.ts';
import type { RunningService, Service } from './service.ts';

export interface ValkeyEndpoints {
  url: string;
  port: number;
}

/**
 * What a crash of the machine can take: `none` all of it (memory only), `everysec` about a second, `always` nothing that was
 * answered (Valkey documentation, Persistence, "How durable is the append only file?").
 */
export type ValkeyDurability = 'none' | 'everysec' | 'always';

export interface ValkeyOptions {
  program: ValkeyProgram;
  /** Holds the data (`valkey/`), `logs/` and `run/`. */
  home: string;
  port: number;
  durability: ValkeyDurability;
}

const READY_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const PROBE_TIMEOUT_MS = 1_000;

/** Valkey (or Redis) on loopback, without snapshots. */
export function valkeyService({ program, home, port, durability }: ValkeyOptions): Service<ValkeyEndpoints> {
  const data = join(home, 'valkey');
  const logFile = join(home, 'logs', 'valkey.log');
  const env = {
    PATH: process.env['PATH'],
    ...(program.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: program.libraryPath }),
  };
  const persistence =
    durability === 'none' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', durability];
  return {
    name: 'valkey',
    async start(): Promise<RunningService<ValkeyEndpoints>> {
      mkdirSync(data, { recursive: true });
      const running = await startManagedProcess({
        name: 'Valkey',
        file: program.file,
        args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--save', '', ...persistence],
        cwd: home,
        env,
        logFile,
        pidFile: join(home, 'run', 'valkey.json'),
        stopSignal: 'SIGTERM',
        stopGraceMs: STOP_GRACE_MS,
        readyTimeoutMs: READY_TIMEOUT_MS,
        isReady: () => answers(port),
      });
      const version = parseVersion(await runProgram(program.file, ['--version'], { env }))?.join('.') ?? 'unknown';
      return { name: 'valkey', version, logFile, endpoints: { url: `redis://127.0.0.1:${port}`, port }, ...running };
    },
  };
}

/** True once it answers PING; while it loads its data it answers with an error. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
    socket.once('data', (answer) => settle(String(answer).startsWith('+PONG')));
    socket.once('error', () => settle(false)); // not listening yet
  });
}
