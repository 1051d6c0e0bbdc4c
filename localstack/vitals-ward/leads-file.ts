import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';

const fileSchema = z.strictObject({ off: z.array(z.string()) });
/** Whoever pulls a lead looks at the station right away. */
const LOOK_EVERY_MS = 250;

const fileIn = (home: string) => join(home, 'ward', 'leads.json');

/**
 * Beds whose leads are off, as `ward/bed`.
 * @throws PermanentError `leads_file`
 */
export function readLeads(home: string): string[] {
  let text: string;
  try {
    text = readFileSync(fileIn(home), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    return fileSchema.parse(JSON.parse(text)).off;
  } catch (cause) {
    throw new PermanentError('leads_file', `${fileIn(home)} is damaged: remove it.`, { cause });
  }
}

/** Replaced as a whole: who reads it meanwhile reads the one before. */
export function writeLeads(home: string, off: readonly string[]): void {
  const file = fileIn(home);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ off: [...new Set(off)].sort() })}\n`);
  renameSync(`${file}.new`, file);
}

/** Whether a bed's leads are off by the file as it is now; looked at four times a second at the most. */
export function followLeads(home: string, onFault: (fault: string) => void): (bed: string) => boolean {
  let lookedMs = Number.NEGATIVE_INFINITY;
  let changedMs = 0;
  let off = new Set<string>();
  function look(): void {
    const nowMs = performance.now();
    if (nowMs - lookedMs < LOOK_EVERY_MS) return;
    lookedMs = nowMs;
    const { mtimeMs } = statSync(fileIn(home), { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
    if (mtimeMs === changedMs) return;
    changedMs = mtimeMs;
    try {
      off = new Set(readLeads(home));
    } catch (error) {
      onFault(error instanceof Error ? error.message : String(error));
    }
  }
  return (bed) => {
    look();
    return off.has(bed);
  };
}
