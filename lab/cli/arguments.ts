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
