import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import { PermanentError } from '../../shared/errors.ts';
import type { InvokeFunction } from '../triggers/event-source.ts';
import type { WorkerFunction } from './service.ts';

type Handler = (event: unknown, context: Context) => unknown;

/** Invokes a function in this process. */
export interface HandlerInvoker {
  readonly invoke: InvokeFunction;
  /** Invocations whose handler has not ended, those past their time-out included. */
  running(): number;
}

/** In the order in which they are looked for. */
const EXTENSIONS = ['.ts', '.mjs', '.js', '.cjs'];
/** A handler with a third parameter expects Lambda's callback. */
const CALLBACK_PARAMETERS = 3;
/** There is no account; ARNs have twelve digits there. */
const LOCAL_ACCOUNT = '000000000000';
const LOG_STREAM_RANDOM_BYTES = 16;

/** Lambda's split: up to the first dot of the file name the module, after it the export, which may lie deeper. */
function splitAddress(handler: string): { module: string; path: string[] } {
  const [name = '', ...path] = basename(handler).split('.');
  return { module: `${dirname(handler)}/${name}`, path };
}

function exported(module: unknown, path: readonly string[]): unknown {
  let found = module;
  for (const name of path) {
    found =
      (typeof found === 'object' || typeof found === 'function') && found !== null
        ? Reflect.get(found, name)
        : undefined;
  }
  return found;
}

/**
 * Imports the function's module and finds its handler.
 * @throws PermanentError `handler_missing`, `handler_invalid`; whatever the module itself throws
 */
async function loadHandler(folder: string, { key, handler }: WorkerFunction): Promise<Handler> {
  const { module, path } = splitAddress(handler);
  const candidates = EXTENSIONS.map((extension) => resolve(folder, module + extension));
  const file = candidates.find((candidate) => existsSync(candidate));
  const where = `handler ${handler} of function '${key}'`;
  if (file === undefined) {
    throw new PermanentError(
      'handler_missing',
      `There is no module for ${where}: looked for\n  ${candidates.join('\n  ')}`,
    );
  }
  const found = exported(await import(pathToFileURL(file).href), path);
  if (typeof found !== 'function') {
    throw new PermanentError('handler_missing', `${file} exports no function '${path.join('.')}' (${where}).`);
  }
  if (found.length >= CALLBACK_PARAMETERS) {
    throw new PermanentError('handler_invalid', `The ${where} takes a callback; a worker runs async handlers only.`);
  }
  return found as Handler;
}

function arnOf({ region, name }: WorkerFunction): string {
  return `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${name}`;
}

/** What Lambda tells a function about itself in its environment; serverless-offline does the same. */
export function lambdaEnvironment({ name, memorySizeMb, region, handler }: WorkerFunction): Record<string, string> {
  return {
    _HANDLER: handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySizeMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    IS_OFFLINE: 'true',
  };
}

/**
 * Loads the function's handler. Each invocation gets a context of its own, as in Lambda:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 * @throws PermanentError `handler_missing`, `handler_invalid`; whatever the module itself throws
 */
export async function handlerInvoker(folder: string, definition: WorkerFunction): Promise<HandlerInvoker> {
  const handler = await loadHandler(folder, definition);
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  const logStreamName = `${day}/[$LATEST]${randomBytes(LOG_STREAM_RANDOM_BYTES).toString('hex')}`;
  let running = 0;

  function contextUntil(endMs: number): Context {
    const retired = (): never => {
      throw new Error('context.done, fail and succeed are not there any more: return a promise');
    };
    return {
      callbackWaitsForEmptyEventLoop: true,
      functionName: definition.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arnOf(definition),
      memoryLimitInMB: String(definition.memorySizeMb),
      awsRequestId: randomUUID(),
      logGroupName: `/aws/lambda/${definition.name}`,
      logStreamName,
      getRemainingTimeInMillis: () => Math.max(0, Math.floor(endMs - performance.now())),
      done: retired,
      fail: retired,
      succeed: retired,
    };
  }

  return {
    running: () => running,
    async invoke(event, { timeoutMs }) {
      running += 1;
      try {
        return await handler(event, contextUntil(performance.now() + timeoutMs));
      } finally {
        running -= 1;
      }
    },
  };
}
