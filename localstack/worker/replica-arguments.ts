import { parseArgs } from 'node:util';
import { PermanentError } from '../../shared/errors.ts';
import { DRAIN_DEFAULT_S, wholeSeconds } from './durations.ts';

export interface ReplicaArguments {
  readonly function: string;
  /** Folder of serverless.yml; undefined: the project's. */
  readonly service: string | undefined;
  readonly drainMs: number;
}

/** @throws PermanentError `usage` */
export function parseReplicaArguments(args: readonly string[]): ReplicaArguments {
  const usage = 'node localstack/worker/replica.ts <function> [--service FOLDER] [--drain-seconds N]';
  const fail = (why: string) => new PermanentError('usage', `${why}\n${usage}`);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        service: { type: 'string' },
        'drain-seconds': { type: 'string', default: String(DRAIN_DEFAULT_S) },
      },
    });
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) throw fail('Name one function.');
    const drainMs = wholeSeconds('--drain-seconds', values['drain-seconds']);
    return { function: name, service: values.service, drainMs };
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw fail(error instanceof Error ? error.message : String(error));
  }
}
