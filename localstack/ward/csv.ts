import { open } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { PermanentError } from '../../shared/errors.ts';
import { reason } from './reason.ts';

/** The largest file of either data set is 95 kB; a file a hundred times that is not a recording, and reading it whole would hurt. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** One row of either data set is below 70 bytes. A longer one means that the line ends are missing. */
const MAX_ROW_BYTES = 4096;
const FIRST_LINE = 1;
const FIRST_COLUMN = 1;
const MAX_QUOTED_CHARS = 40;

export interface CsvCell {
  readonly text: string;
  /** The error that names this cell as file:line:column, to be thrown by whoever cannot use its text. */
  readonly wrong: (problem: string, remedy: string) => PermanentError;
}
export type CsvRow = (column: string) => CsvCell | undefined;

/** A recording that cannot be used: where (file:line:column, both from 1), what is wrong there, and what to do. */
export function recordingError(where: string, problem: string, remedy: string, cause?: unknown): PermanentError {
  return new PermanentError('recording_unreadable', `${where}: ${problem}. ${remedy}`, { cause });
}

/**
 * Reads a CSV file with a header line; columns are found by name, in any order, surrounding blanks and a byte-order mark ignored.
 * Throws `recording_unreadable` with file:line:column for: no such file, a folder, an empty file, bytes that are not UTF-8 text,
 * a missing or repeated column, a row with more or fewer fields than the header, a quote that is never closed, no rows.
 */
export async function readCsv(file: string, required: readonly string[]): Promise<CsvRow[]> {
  const text = decode(file, await readBytes(file));
  const records = split(file, text);
  const header = records[0];
  if (!header) throw at(file, FIRST_LINE, FIRST_COLUMN, 'the file is empty', headerRemedy(required));
  checkHeader(file, text, header, required);
  const places = new Map(header.record.map((name, index) => [name, index]));
  const rows = records.slice(1).map(({ record, line }): CsvRow => {
    if (record.length !== header.record.length) {
      const columnNumber = columnOf(text, line, Math.min(record.length, header.record.length));
      const problem = `the row has ${record.length} fields, the header has ${header.record.length}`;
      throw at(file, line, columnNumber, problem, 'Is the file cut off? Copy it again, whole');
    }
    return (column) => {
      const index = places.get(column);
      const cell = index === undefined ? undefined : record[index];
      if (index === undefined || cell === undefined) return undefined;
      return { text: cell, wrong: (problem, remedy) => at(file, line, columnOf(text, line, index), problem, remedy) };
    };
  });
  if (rows.length > 0) return rows;
  throw at(
    file,
    header.line + 1,
    FIRST_COLUMN,
    'there is no row after the header',
    'Copy the file again, or take it out',
  );
}

/** The text of a cell as an error quotes it: short, and with control characters shown as escapes. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    await using handle = await open(file, 'r');
    const stat = await handle.stat();
    if (!stat.isFile())
      throw recordingError(file, 'this is not a file', 'Give a folder of recordings with --recordings');
    if (stat.size > MAX_FILE_BYTES) {
      throw recordingError(
        file,
        `the file has ${stat.size} bytes, more than ${MAX_FILE_BYTES}`,
        'Is this a recording? Take it out',
      );
    }
    return await handle.readFile();
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw recordingError(file, `cannot be read (${reason(error)})`, 'Check that it exists and may be read', error);
  }
}

function decode(file: string, bytes: Buffer): string {
  const zero = bytes.indexOf(0);
  const remedy = 'Save it as UTF-8 text, or take it out';
  if (zero >= 0)
    throw at(file, lineOf(bytes, zero), FIRST_COLUMN, `this is not text: a zero byte at offset ${zero}`, remedy);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw recordingError(`${file}:${FIRST_LINE}:${FIRST_COLUMN}`, 'this is not UTF-8 text', remedy, error);
  }
}

interface Split {
  readonly record: readonly string[];
  readonly line: number;
}

function split(file: string, text: string): Split[] {
  const lines: number[] = [];
  const options = { trim: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_ROW_BYTES };
  const keepLine = (record: string[], place: { lines: number }) => {
    lines.push(place.lines);
    return record;
  };
  try {
    const records: string[][] = parse(text, { ...options, on_record: keepLine });
    return records.map((record, index) => ({ record, line: lines[index] ?? FIRST_LINE }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : FIRST_LINE;
    const field = typeof error['column'] === 'number' ? error['column'] : 0;
    const problem = `this is not CSV (${error.code})`;
    throw at(
      file,
      line,
      columnOf(text, line, field),
      problem,
      'Look for a stray quote or a missing line end there',
      error,
    );
  }
}

function checkHeader(file: string, text: string, { record, line }: Split, required: readonly string[]): void {
  const twice = record.findIndex((name, index) => record.indexOf(name) !== index);
  if (twice >= 0) {
    const problem = `the column ${quoted(record[twice] ?? '')} is there twice`;
    throw at(file, line, columnOf(text, line, twice), problem, 'Rename or remove one of the two');
  }
  const missing = required.filter((name) => !record.includes(name));
  if (missing.length === 0) return;
  const problem = `no column ${missing.map(quoted).join(', ')} in the header; found ${quoted(record.join(','))}`;
  throw at(file, line, FIRST_COLUMN, problem, headerRemedy(required));
}

function headerRemedy(required: readonly string[]): string {
  return `The first line must name the columns, among them ${required.join(', ')}`;
}

function at(
  file: string,
  line: number,
  column: number,
  problem: string,
  remedy: string,
  cause?: unknown,
): PermanentError {
  return recordingError(`${file}:${line}:${column}`, problem, remedy, cause);
}

function lineOf(bytes: Buffer, offset: number): number {
  let line = FIRST_LINE;
  for (const byte of bytes.subarray(0, offset)) if (byte === '\n'.charCodeAt(0)) line += 1;
  return line;
}

/** Where the field starts in its line, counted from 1 in characters as editors do. */
function columnOf(text: string, line: number, field: number): number {
  const source = text.split(/\r\n|\n|\r/)[line - 1] ?? '';
  let position = 0;
  let inQuotes = false;
  for (let left = field; left > 0 && position < source.length; position += 1) {
    if (source[position] === '"') inQuotes = !inQuotes;
    if (source[position] === ',' && !inQuotes) left -= 1;
  }
  while (source[position] === ' ') position += 1;
  return position + FIRST_COLUMN;
}
