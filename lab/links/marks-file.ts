import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const markSchema = z.object({ at: z.iso.datetime(), label: z.string() });

/** Changes made to a stack's faults by hand while it runs, one JSON line each: the report marks them. */
export const marksFile = (home: string) => join(home, 'lab-marks.jsonl');

/** @returns what was changed since, in order; instants in milliseconds since 1970. */
export function readMarks(home: string, sinceMs: number): { atMs: number; label: string }[] {
  if (!existsSync(marksFile(home))) return [];
  // What follows the last end of a line was cut short.
  const lines = readFileSync(marksFile(home), 'utf8').split('\n').slice(0, -1);
  return lines
    .map((line) => markSchema.parse(JSON.parse(line)))
    .map(({ at, label }) => ({ atMs: Date.parse(at), label }))
    .filter(({ atMs }) => atMs >= sinceMs);
}
