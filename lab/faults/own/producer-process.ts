import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ManagedProcess, startManagedProcess } from '../../../localstack/services/managed-process.ts';
import { signalGroup } from '../../../localstack/services/pid-file.ts';
import { parseProducerLog } from '../producer/producer-log.ts';
import type { Load } from '../run/run-faults.ts';
import { WARDS } from './topology.ts';

const READY_LIMIT_MS = 30_000;
/** Until all that is under way is acknowledged; then what is not stays unknown. */
const STOP_GRACE_MS = 60_000;

export interface ProducerOptions {
  readonly home: string;
  /** Of the devices' link. */
  readonly port: number;
  readonly rate: number;
  readonly seed: number;
  readonly mutant: string | undefined;
}

/** The devices as a process of their own. */
export function producerProcess({ home, port, rate, seed, mutant }: ProducerOptions): Load & { kill(): Promise<void> } {
  const log = join(home, 'producer.jsonl');
  let running: ManagedProcess | undefined;
  const given = { url: `mqtt://127.0.0.1:${port}`, log, rate, seed, wards: WARDS, ...(mutant ? { mutant } : {}) };
  return {
    async start() {
      running = await startManagedProcess({
        name: 'the producer',
        file: process.execPath,
        args: [
          '--disable-warning=ExperimentalWarning',
          join(import.meta.dirname, '..', 'producer', 'run.ts'),
          ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]),
        ],
        cwd: home,
        env: { PATH: process.env['PATH'] },
        logFile: join(home, 'logs', 'producer.log'),
        pidFile: join(home, 'run', 'producer.json'),
        stopSignal: 'SIGTERM',
        stopGraceMs: STOP_GRACE_MS,
        readyTimeoutMs: READY_LIMIT_MS,
        isReady: async () => existsSync(log),
      });
    },
    async stop() {
      const ending = running;
      running = undefined;
      await ending?.stop();
      return parseProducerLog(await readFile(log, 'utf8'));
    },
    async kill() {
      if (running) signalGroup(running.pid, 'SIGKILL');
      await running?.exited;
    },
  };
}
