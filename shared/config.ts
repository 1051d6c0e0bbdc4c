// The only reader of process.env: what the system needs to know from outside, checked once, with errors that name the setting.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { type Environment, environmentSchema, PORTS, type PortName, SECRET_VARIABLES } from './config-schema.ts';
import { PermanentError } from './errors.ts';
import { isStackAlive, readStack, type Stack } from './stack-file.ts';

export interface Config {
  projectRoot: string;
  /** Folder for what a running stack writes: its stack file, logs, data. */
  home: string;
  /** Ports to listen on. */
  ports: Record<PortName, number>;
  /** Address that the metrics server listens on. */
  metricsHost: string;
  /** Where to reach what runs. Order: environment, then a running stack's file, then the default ports. */
  endpoints: {
    postgres: string;
    rabbitmq: { amqp: string; mqtt: string; webMqtt: string; stream: string; management: string };
    http: string;
    lambda: string;
    websocket: string;
    iot: string;
    metrics: string;
  };
  /** Services that the environment names: they run elsewhere and are not started here. */
  given: { postgres: string | undefined; rabbitmq: Config['endpoints']['rabbitmq'] | undefined };
  database: { poolSize: number; timeoutMs: number };
  purchase: { naive: boolean };
  medicalEvents: {
    /** Of the system that processes events; undefined: they are processed by a simulation. */
    processorUrl: string | undefined;
    /** Of the simulation. */
    processingMs: { minMs: number; maxMs: number };
    processingTimeoutMs: number;
    attemptsMax: number;
    circuitResetMs: number;
  };
  vitals: { snapshotEveryMs: number };
  /** `channelsFile` undefined: alerts are told of at the nurse station alone. */
  delivery: { channelsFile: string | undefined };
  logLevel: Environment['HEARTLINE_LOG_LEVEL'];
  recordings: string[];
  patientHashKey: string;
  /** Certificates of this machine's listeners; undefined: they have no TLS. */
  tlsFolder: string | undefined;
  access: {
    /** What a token must name. */
    issuer: string;
    audience: string;
    /** Where the public keys are: of an identity provider, or a file. */
    jwks: { url: string } | { file: string };
    /** Where the keys are that sign on this machine. */
    keyFolder: string;
    /** What our own commands send; undefined: one of their own making. */
    token: string | undefined;
    /** Of one caller, by its role; refused: of one address without a valid token. */
    requestsPerS: Record<'device' | 'staff' | 'admin' | 'refused', number>;
  };
}

const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOOPBACK = '127.0.0.1';
/** What a URL's user information is replaced by in an error. */
const HIDDEN = '***';

function describeFault(issue: z.core.$ZodIssue, variables: NodeJS.ProcessEnv): string {
  const name = String(issue.path[0]);
  const value = variables[name] ?? '';
  const shown = SECRET_VARIABLES.has(name) ? HIDDEN : value.replace(/\/\/[^@/]*@/, `//${HIDDEN}@`);
  return `${name} is "${shown}"; allowed: ${issue.message}`;
}

/** @throws PermanentError `config_invalid` with every wrong variable: its name, the value found, what is allowed. */
function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  // An empty value counts as unset: that is how shells and compose files clear a variable.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const result = environmentSchema.safeParse(given);
  if (result.success) return result.data;
  throw new PermanentError('config_invalid', result.error.issues.map((i) => describeFault(i, variables)).join('\n'));
}

const portNames = Object.keys(PORTS) as PortName[];

const portOf = (name: PortName, env: Environment) => env[PORTS[name].variable] ?? PORTS[name].preset;

/** As libpq has it: the server is who it says, by that authority. */
const tlsQuery = ({ HEARTLINE_TLS_DIR: folder }: Environment) =>
  folder === undefined ? '' : `&sslmode=verify-full&sslrootcert=${encodeURIComponent(join(resolve(folder), 'ca.pem'))}`;

/** Each address in this order: its URL or port in the environment, a running stack's file, the preset port. */
function endpointsFrom(env: Environment, running: Stack['endpoints'] | undefined): Config['endpoints'] {
  const at = (
    url: string | undefined,
    found: string | undefined,
    protocol: string,
    name: PortName,
    path = '',
    account = '',
  ) => {
    const port = env[PORTS[name].variable];
    // A running stack's own URL knows more than a port: whom to log in as.
    if (found !== undefined && (port === undefined || new URL(found).port === String(port))) return url ?? found;
    return url ?? `${protocol}://${account}${LOOPBACK}:${portOf(name, env)}${path}`;
  };
  const secure = env.HEARTLINE_TLS_DIR === undefined ? '' : 's';
  // Whoever names a broker by its AMQP URL alone names its user for the others by it.
  const user = /(?<=:\/\/)[^@/?#]*@/.exec(env.HEARTLINE_AMQP_URL ?? '')?.[0] ?? '';
  const broker = running?.rabbitmq;
  const databaseUrl = env.HEARTLINE_DATABASE_URL;
  return {
    postgres: at(databaseUrl, running?.postgres, 'postgres', 'postgres', `/heartline?user=postgres${tlsQuery(env)}`),
    rabbitmq: {
      amqp: at(env.HEARTLINE_AMQP_URL, broker?.amqp, `amqp${secure}`, 'amqp'),
      mqtt: at(env.HEARTLINE_MQTT_URL, broker?.mqtt, `mqtt${secure}`, 'mqtt', '', user),
      webMqtt: at(env.HEARTLINE_WEB_MQTT_URL, broker?.webMqtt, `ws${secure}`, 'webMqtt', '/ws'),
      stream: at(env.HEARTLINE_STREAM_URL, broker?.stream, `rabbitmq-stream${secure && '+tls'}`, 'stream', '', user),
      management: at(env.HEARTLINE_MANAGEMENT_URL, broker?.management, `http${secure}`, 'management'),
    },
    http: at(env.HEARTLINE_HTTP_URL, running?.http, `http${secure}`, 'http'),
    lambda: at(env.HEARTLINE_LAMBDA_URL, running?.lambda, 'http', 'lambda'),
    websocket: at(env.HEARTLINE_WEBSOCKET_URL, running?.websocket, `ws${secure}`, 'websocket'),
    iot: at(env.HEARTLINE_IOT_URL, running?.iot, 'http', 'iot'),
    metrics: at(env.HEARTLINE_METRICS_URL, running?.metrics, 'http', 'metrics', '/metrics'),
  };
}

/** A stack file that cannot be read names nothing; only who asks for the stack itself is told (`npm run status`). */
function stackIn(home: string): Stack | undefined {
  try {
    return readStack(home);
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

function accessFrom(env: Environment, home: string): Config['access'] {
  const keyFolder = env.HEARTLINE_KEYS === undefined ? join(home, 'keys') : resolve(env.HEARTLINE_KEYS);
  const file = env.HEARTLINE_JWKS_FILE === undefined ? join(keyFolder, 'jwks.json') : resolve(env.HEARTLINE_JWKS_FILE);
  return {
    issuer: env.HEARTLINE_JWT_ISSUER,
    audience: env.HEARTLINE_JWT_AUDIENCE,
    jwks: env.HEARTLINE_JWKS_URL === undefined ? { file } : { url: env.HEARTLINE_JWKS_URL },
    keyFolder,
    token: env.HEARTLINE_TOKEN,
    requestsPerS: {
      device: env.HEARTLINE_RATE_LIMIT_DEVICE,
      staff: env.HEARTLINE_RATE_LIMIT_STAFF,
      admin: env.HEARTLINE_RATE_LIMIT_ADMIN,
      refused: env.HEARTLINE_RATE_LIMIT_REFUSED,
    },
  };
}

/**
 * Builds the configuration from these variables and the stack file under its home.
 * @throws PermanentError `config_invalid` .
 */
export function configFrom(variables: NodeJS.ProcessEnv): Config {
  const env = readEnvironment(variables);
  const home = env.HEARTLINE_HOME === undefined ? join(PROJECT_ROOT, '.heartline') : resolve(env.HEARTLINE_HOME);
  const stack = stackIn(home);
  // A stack killed hard leaves its file behind: what it names does not run any more.
  const endpoints = endpointsFrom(env, stack && isStackAlive(stack) ? stack.endpoints : undefined);
  return {
    projectRoot: PROJECT_ROOT,
    home,
    ports: Object.fromEntries(portNames.map((name) => [name, portOf(name, env)])) as Config['ports'],
    metricsHost: env.HEARTLINE_METRICS_HOST,
    endpoints,
    given: {
      postgres: env.HEARTLINE_DATABASE_URL,
      rabbitmq: env.HEARTLINE_AMQP_URL === undefined ? undefined : endpoints.rabbitmq,
    },
    database: { poolSize: env.HEARTLINE_DB_POOL_SIZE, timeoutMs: env.HEARTLINE_DB_TIMEOUT_MS },
    purchase: { naive: env.HEARTLINE_PURCHASE_NAIVE === 'true' },
    medicalEvents: {
      processorUrl: env.HEARTLINE_PROCESSOR_URL,
      processingMs: { minMs: env.HEARTLINE_PROCESSING_MIN_MS, maxMs: env.HEARTLINE_PROCESSING_MAX_MS },
      processingTimeoutMs: env.HEARTLINE_PROCESSING_TIMEOUT_MS,
      attemptsMax: env.HEARTLINE_PROCESSING_ATTEMPTS,
      circuitResetMs: env.HEARTLINE_CIRCUIT_RESET_MS,
    },
    vitals: { snapshotEveryMs: env.HEARTLINE_VITALS_SNAPSHOT_MS },
    delivery: {
      channelsFile: env.HEARTLINE_CHANNELS_FILE === undefined ? undefined : resolve(env.HEARTLINE_CHANNELS_FILE),
    },
    logLevel: env.HEARTLINE_LOG_LEVEL,
    recordings: env.HEARTLINE_RECORDINGS.map((folder) => resolve(folder)),
    patientHashKey: env.HEARTLINE_PATIENT_HASH_KEY,
    tlsFolder: env.HEARTLINE_TLS_DIR === undefined ? undefined : resolve(env.HEARTLINE_TLS_DIR),
    access: accessFrom(env, home),
  };
}

let current: Config | undefined;

/** This process's configuration, read on the first call and kept. */
export function config(): Config {
  current ??= configFrom(process.env);
  return current;
}

/** A secret that a file of settings names by its variable; undefined: it is not set. */
export const secretVariable = (name: string): string | undefined => process.env[name] || undefined;

/** Forgets what was read: a test that sets variables calls it, then `config()` reads anew. */
export function forgetConfig(): void {
  current = undefined;
}
