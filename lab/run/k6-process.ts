import { spawn, spawnSync } from 'node:child_process';
import { constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { guardGroup, releaseGroup } from '../../localstack/services/guard.ts';
import { GARBAGE_PERCENT } from '../../localstack/setup/k6-arguments.ts';
import { TransientError } from '../../shared/errors.ts';

/** Written by us after k6 has ended: all that k6 wrote is before it. */
const END_LINE = '\nend of k6\n';
const STOP_GRACE_MS = 5_000;
const LAST_LINES = 20;

export interface K6Run {
  /** One JSON object a line, as `k6 run --out json` writes; ends when k6 has. */
  readonly points: Readable;
  readonly ended: Promise<K6End>;
  stop(): Promise<void>;
}

/** `code 99`, `SIGKILL`: how it ended; undefined if all its thresholds held. And the end of what it printed. */
export interface K6End {
  readonly failure: string | undefined;
  readonly output: string;
}

export interface K6Options {
  program: string;
  script: string;
  environment: Record<string, string>;
  /** More of it that is not to be seen in the process list. */
  secrets?: Record<string, string>;
  /** For the pipe that points come through. */
  folder: string;
}

/** Runs k6 with its points streamed through a named pipe: nothing is stored, whatever the length of the run. */
export function startK6({ program, script, environment, secrets, folder }: K6Options): K6Run {
  const pipe = join(folder, 'k6.pipe');
  rmSync(pipe, { force: true });
  const made = spawnSync('mkfifo', [pipe], { encoding: 'utf8' });
  if (made.status !== 0) throw new TransientError('lab_pipe', `mkfifo ${pipe} failed: ${made.stderr || made.error}`);
  // For reading and writing: opening does not wait for k6, and k6's end does not end our reading before all is read.
  const socket = new Socket({
    fd: openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK),
    readable: true,
    writable: true,
  });
  const points = untilEndLine(socket);
  const settings = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const child = spawn(program, ['run', '--quiet', '--out', `json=${pipe}`, '--no-color', ...settings, script], {
    env: { GOGC: GARBAGE_PERCENT, ...withoutK6Settings(process.env), ...secrets, K6_NO_USAGE_REPORT: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in the terminal reaches the lab alone, which then ends k6.
    detached: true,
  });
  // Ends with the lab, even by kill -9.
  if (child.pid !== undefined) guardGroup(child.pid, 'SIGTERM');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).split('\n').slice(-LAST_LINES).join('\n');
    });
  }
  const ended = new Promise<K6End>((resolve, reject) => {
    child.once('error', (error) => {
      socket.destroy();
      points.end();
      reject(new TransientError('lab_k6', `k6 could not be run: ${error.message}`, { cause: error }));
    });
    child.once('close', (code, signal) => {
      if (child.pid !== undefined) releaseGroup(child.pid);
      socket.write(END_LINE);
      rmSync(pipe, { force: true });
      resolve({ failure: code === 0 ? undefined : (signal ?? `code ${code}`), output: output.trim() });
    });
  });
  return {
    points,
    ended,
    async stop() {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      await ended.catch(() => undefined);
      clearTimeout(kill);
    },
  };
}

/** What a person has set for k6 elsewhere (K6_VUS, K6_OUT …) would change the load that an experiment says. */
function withoutK6Settings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('K6_')));
}

function untilEndLine(socket: Socket): PassThrough {
  const points = new PassThrough();
  // The end line may come in two reads.
  let tail = '';
  socket.on('data', (chunk: Buffer) => {
    const text = tail + chunk.toString('latin1');
    const end = text.indexOf(END_LINE);
    if (end >= 0) {
      const inChunk = Math.max(0, end - tail.length);
      points.end(chunk.subarray(0, inChunk));
      socket.destroy();
      return;
    }
    tail = text.slice(-END_LINE.length);
    if (points.write(chunk)) return;
    socket.pause();
    points.once('drain', () => socket.resume());
  });
  socket.on('error', (error) => points.destroy(error));
  return points;
}
