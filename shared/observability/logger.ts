import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { describeError } from './describe-error.ts';
import { redact } from './redact.ts';
import { writeLines } from './stdout.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LOG_LEVELS)[number];

/** Fields of one line. `patientId` is given as it is: the logger hashes it. An `error` is described, causes included. */
export interface LogFields {
  readonly function?: string;
  readonly stage?: string;
  readonly eventId?: string;
  readonly patientId?: string;
  readonly traceId?: string;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry `fields`; this one stays as it is. Costs next to nothing: one an invocation. */
  child(fields: LogFields): Log;
}

export interface LoggerOptions {
  readonly service: string;
  /** The least severe level that is written. AWS_LAMBDA_LOG_LEVEL overrides it, as Lambda has it. */
  readonly level: Level;
  /** Key of the patient ids' hashes: the same in every process of an installation. */
  readonly patientIdKey: string;
  readonly write?: (line: string) => void;
}

/** Fields that every line starts with, in this order. */
const FIRST_FIELDS = ['function', 'stage', 'eventId', 'patientId', 'traceId'];

function ordered(fields: LogAttributes): LogAttributes {
  const first = FIRST_FIELDS.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]);
  return { ...Object.fromEntries(first), ...fields };
}

class LineFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, fields: LogAttributes): LogItem {
    return new LogItem({
      attributes: {
        level: attributes.logLevel,
        timestamp: attributes.timestamp.toISOString(),
        service: attributes.serviceName,
        message: attributes.message,
        ...ordered(fields),
      },
    });
  }
}

/** Powertools' Logger, but each line is on one line on stdout, in POWERTOOLS_DEV too, and goes through `redact`. */
class LineLogger extends Logger {
  /** Unset while the base class' constructor logs. */
  private readonly options?: LoggerOptions;

  constructor(options: LoggerOptions) {
    super({ serviceName: options.service, logLevel: options.level, logFormatter: new LineFormatter() });
    this.options = options;
  }

  protected override printLog(_level: number, item: LogItem): void {
    item.prepareForPrint();
    const withStack = this.getLevelName() === 'DEBUG' || this.getLevelName() === 'TRACE';
    (this.options?.write ?? writeLines)(this.line(item.getAttributes(), withStack));
  }

  /** The entry as JSON. Fields that cannot be read (a getter that throws) must not fail who logs: the rest is written. */
  private line(entry: LogAttributes, withStack: boolean): string {
    const key = this.options?.patientIdKey ?? '';
    const describe = (error: Error) => ({ ...describeError(error, withStack) });
    try {
      return JSON.stringify(redact(entry, key, describe));
    } catch (error) {
      const { level, timestamp, service, message } = entry;
      return JSON.stringify(redact({ level, timestamp, service, message, unreadableFields: error }, key, describe));
    }
  }
}

function childOf(logger: Logger, context: LogFields): Log {
  return {
    debug: (message, fields) => logger.debug(message, { ...context, ...fields }),
    info: (message, fields) => logger.info(message, { ...context, ...fields }),
    warn: (message, fields) => logger.warn(message, { ...context, ...fields }),
    error: (message, fields) => logger.error(message, { ...context, ...fields }),
    child: (fields) => childOf(logger, { ...context, ...fields }),
  };
}

/**
 * The logger of a process: one JSON line an event on stdout. Nothing is ever appended to the shared Powertools instance
 * (invocations in one process would see each other's fields): a child keeps its fields and hands them to each call.
 * (Powertools' own createChild costs 80 µs, more than the lines of an invocation.)
 */
export function createLogger(options: LoggerOptions): Log {
  return childOf(new LineLogger(options), {});
}
