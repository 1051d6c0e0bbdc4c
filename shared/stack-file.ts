import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PermanentError } from './errors.ts';
import { processIdentity } from './process-identity.ts';

/** Bumped when the shape changes, so that a command never reads another version's file as its own. */
const STACK_FILE_VERSION = 3;
const FILE_NAME = 'stack.json';
/** URLs hold the passwords of database and broker: for the owner alone. */
const PRIVATE = { mode: 0o600 };

const url = z.url();

const rabbitmqEndpoints = z.strictObject({
  amqp: url,
  mqtt: url,
  webMqtt: url,
  stream: url,
  management: url,
  metrics: url.optional(),
});

const stackSchema = z.strictObject({
  version: z.literal(STACK_FILE_VERSION),
  startedAt: z.iso.datetime(),
  /** The process that started the stack and owns this file. */
  pid: z.int().positive(),
  /** What tells that process from a later one with the same pid. */
  processIdentity: z.string().min(1),
  endpoints: z.strictObject({
    postgres: url,
    rabbitmq: rabbitmqEndpoints.optional(),
    http: url,
    lambda: url,
    /** API Gateway's WebSocket API; over HTTP its management API. */
    websocket: url,
    /** IoT data plane; only where a broker is. */
    iot: url.optional(),
    metrics: url,
    /** The nurse station's pages; only where one was started. */
    station: url.optional(),
  }),
  /** Of the services that it started: name → version. */
  services: z.record(z.string(), z.string()),
  /** Folder (or file) that holds the log lines. */
  logs: z.string().min(1),
});

/** What runs where on this machine: written by `npm start`, read by every other command. */
export type Stack = z.infer<typeof stackSchema>;

/** What its writer has to say of a stack. */
export type NewStack = Omit<Stack, 'version' | 'processIdentity'>;

const stackFilePath = (home: string) => join(home, FILE_NAME);

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * The stack written under `home`, running or not (see `isStackAlive`), or undefined when there is none.
 * @throws PermanentError `stack_file_invalid` naming the file and what is wrong in it.
 */
export function readStack(home: string): Stack | undefined {
  const path = stackFilePath(home);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return stackSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new PermanentError('stack_file_invalid', `${path}: ${reason}. Delete it and start again.`, { cause: error });
  }
}

/** Writes the file whole or not at all: a reader sees the old one or the new one. */
export function writeStack(home: string, stack: NewStack): void {
  mkdirSync(home, { recursive: true });
  const path = stackFilePath(home);
  const temporary = `${path}.${process.pid}`;
  const whole = { version: STACK_FILE_VERSION, processIdentity: processIdentity(stack.pid), ...stack };
  writeFileSync(temporary, `${JSON.stringify(stackSchema.parse(whole), null, 2)}\n`, PRIVATE);
  renameSync(temporary, path);
}

/** Removes the file if it is still this process's own; a stack started since keeps its file. */
export function removeStack(home: string, pid: number = process.pid): void {
  if (readStack(home)?.pid === pid) rmSync(stackFilePath(home), { force: true });
}

/** Whether the process that wrote the file still runs: after a kill -9 the file stays, and its pid may be another's by now. */
export function isStackAlive(stack: Stack): boolean {
  return processIdentity(stack.pid) === stack.processIdentity;
}
