import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { startManagedProcess } from '../services/managed-process.ts';
import type { RunningService } from '../services/service.ts';
import { compileCacheFolder } from '../setup/cache.ts';
import { certificatesIn } from '../setup/local-certificates.ts';

export interface FunctionsHostOptions {
  projectRoot: string;
  /** Folder of serverless.yml. Default: the project's. */
  service?: string;
  home: string;
  /** HEARTLINE_* variables that tell the functions where everything is. */
  environment: Record<string, string>;
  httpUrl: string;
  lambdaUrl: string;
  websocketUrl: string;
  readOutput: (output: Readable, name: 'stdout' | 'stderr') => void;
}

export interface FunctionsEndpoints {
  http: string;
  lambda: string;
  websocket: string;
}

const READY_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2_000;
const OK = 200;
/** What serverless offline says of each request and invocation; our own lines say more. */
export const ROUTINE_LINE =
  /^(\(λ: |Running Authorization |Configuring Authorization|(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) \/)/;
/** Longer than the triggers' own drain deadline, so that handlers in flight can finish. */
const STOP_GRACE_MS = 15_000;

/** Serverless offline with the triggers, as a process of its own. Ready when /healthz answers. */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<RunningService<FunctionsEndpoints>> {
  const logFile = join(options.home, 'logs', 'serverless.log');
  const tlsFolder = options.environment['HEARTLINE_TLS_DIR'];
  const ca = tlsFolder === undefined ? undefined : certificatesIn(tlsFolder).ca;
  const running = await startManagedProcess({
    name: 'serverless offline',
    file: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      // 340 MB at the peak of a backlog of 20,000 alerts without these two and the arenas below, 200 MB with them, no slower.
      '--max-semi-space-size=2',
      '--expose-gc',
      join(options.projectRoot, 'node_modules', 'osls', 'bin', 'serverless.js'),
      'offline',
      'start',
    ],
    cwd: options.service ?? options.projectRoot,
    env: {
      ...process.env,
      ...options.environment,
      NODE_COMPILE_CACHE: compileCacheFolder(),
      MALLOC_ARENA_MAX: '2',
      // Its own listeners, and those that it connects to, are of this machine's authority.
      ...(ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca }),
      // Set, serverless offline would take it as the authorizer's word for every request.
      AUTHORIZER: '',
      FORCE_COLOR: '0',
      NO_COLOR: '1',
    },
    logFile,
    readOutput: options.readOutput,
    pidFile: join(options.home, 'run', 'functions.json'),
    stopSignal: 'SIGTERM',
    stopGraceMs: STOP_GRACE_MS,
    readyTimeoutMs: READY_TIMEOUT_MS,
    isReady: () => answers(`${options.httpUrl}/healthz`, ca),
  });
  const endpoints = { http: options.httpUrl, lambda: options.lambdaUrl, websocket: options.websocketUrl };
  return { name: 'functions', version: process.version, logFile, endpoints, ...running };
}

/** @param ca file of the authority that a listener with TLS is trusted by */
function answers(url: string, ca: string | undefined): Promise<boolean> {
  const { get } = ca === undefined ? http : https;
  const options = { timeout: PROBE_TIMEOUT_MS, agent: false, ...(ca === undefined ? {} : { ca: readFileSync(ca) }) };
  return new Promise((resolve) => {
    const asked = get(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode === OK);
    });
    asked.on('timeout', () => asked.destroy());
    // Not listening yet.
    asked.on('error', () => resolve(false));
  });
}
