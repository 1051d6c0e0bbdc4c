import { type ParseArgsConfig, parseArgs } from 'node:util';
import { PermanentError } from '../../shared/errors.ts';

/** parseArgs whose errors say what was wrong and show the usage. */
export function parseOptions<const T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
  usage: string,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new PermanentError('argument', `${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

/** The options of a command that takes nothing else; undefined: help was asked for, and is given. @throws PermanentError `argument` */
export function optionsOf<const T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
  usage: string,
) {
  const { values, positionals } = parseOptions(args, options, usage);
  if ('help' in values && values.help) {
    process.stdout.write(usage);
    return undefined;
  }
  if (positionals.length > 0)
    throw new PermanentError('argument', `'${positionals.join(' ')}' is one too many.\n\n${usage}`);
  return values;
}

/** @throws PermanentError `argument` unless `text` is a number in the range. */
export function numberOption(
  option: string,
  text: string,
  { from, to, whole }: { from: number; to: number; whole?: boolean },
) {
  const value = Number(text);
  const fits = text.trim() !== '' && Number.isFinite(value) && value >= from && value <= to;
  if (fits && (!whole || Number.isInteger(value))) return value;
  throw new PermanentError(
    'argument',
    `${option} ${text}: give a ${whole ? 'whole ' : ''}number from ${from} to ${to}`,
  );
}
