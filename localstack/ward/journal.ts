import { appendFileSync, closeSync, fdatasyncSync, openSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import type { AlertBody } from './alert.ts';
import type { Outcome } from './delivery.ts';
import { jsonOrNull, replaceFile, textIfThere } from './state-files.ts';

/**
 * Settled alerts whose bodies are remembered, so that a replay sends them unchanged: 20 times the episodes of the complete data
 * set, 7 MB.
 */
const REMEMBERED_SETTLED = 10_000;
/** The file is written anew, without what need not be remembered, after so many more lines: 8 MB at most. */
const LINES_PER_COMPACTION = 20_000;

interface Entry {
  readonly body: AlertBody;
  readonly settled: Outcome | undefined;
}

/** A monitor's store-and-forward memory: what was detected, and what of it the server has taken. */
export interface AlertJournal {
  /** Remembers an alert, on disk before it returns. An alert already known keeps its first body, which is what is returned. */
  record(body: AlertBody): { readonly body: AlertBody; readonly isNew: boolean };
  /** The server took the alert, or refused it for good. */
  settle(eventId: string, outcome: Outcome): void;
  /** What the server has not taken yet, in order of detection. */
  pending(): AlertBody[];
  close(): void;
}

/**
 * Opens the journal in a folder: one JSON line an alert, `{eventId, body}`, and one when it is settled, `{eventId, settled}`.
 * A last line that a kill left unfinished is cut off: nothing was sent for it yet. Throws `ward_journal_damaged` for any other line
 * that is not one of these.
 */
export function openJournal(
  folder: string,
  { remembered = REMEMBERED_SETTLED, linesPerCompaction = LINES_PER_COMPACTION } = {},
): AlertJournal {
  const file = join(folder, 'journal.jsonl');
  const text = textIfThere(file) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  const entries = readEntries(file, whole);
  let handle = openSync(file, 'a');
  let lines = whole.split('\n').length - 1;

  function append(line: object): void {
    appendFileSync(handle, `${JSON.stringify(line)}\n`);
    lines += 1;
  }

  function compactIfLong(): void {
    if (lines < linesPerCompaction) return;
    let surplus = [...entries.values()].filter((entry) => entry.settled).length - remembered;
    for (const [eventId, entry] of entries) {
      if (surplus > 0 && entry.settled) {
        entries.delete(eventId);
        surplus -= 1;
      }
    }
    const kept = [...entries].map(([eventId, { body, settled }]) => JSON.stringify({ eventId, body, settled }));
    closeSync(handle);
    replaceFile(file, kept.map((line) => `${line}\n`).join(''));
    handle = openSync(file, 'a');
    lines = 0;
  }

  return {
    record(body) {
      const known = entries.get(body.eventId);
      if (known) return { body: known.body, isNew: false };
      append({ eventId: body.eventId, body });
      fdatasyncSync(handle);
      entries.set(body.eventId, { body, settled: undefined });
      return { body, isNew: true };
    },
    settle(eventId, settled) {
      const entry = entries.get(eventId);
      if (!entry || entry.settled) return;
      // Not flushed: if it is lost in a power cut, the alert is sent once more.
      append({ eventId, settled });
      entries.set(eventId, { ...entry, settled });
      compactIfLong();
    },
    pending: () => [...entries.values()].filter((entry) => !entry.settled).map((entry) => entry.body),
    close: () => closeSync(handle),
  };
}

interface Line {
  readonly eventId: string;
  readonly body?: AlertBody;
  readonly settled?: Outcome;
}

function readEntries(file: string, text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [index, source] of text.split('\n').slice(0, -1).entries()) {
    const { eventId, body, settled } = readLine(file, index + 1, source);
    const known = body ? { body } : entries.get(eventId);
    if (known) entries.set(eventId, { body: known.body, settled });
  }
  return entries;
}

function readLine(file: string, number: number, source: string): Line {
  const line = jsonOrNull(source);
  if (typeof line === 'object' && line !== null && 'eventId' in line) {
    // The journal's own lines, written by this module; what is in the body is not checked a second time.
    return line as Line;
  }
  const remedy =
    'Repair the line, or delete the file: alerts not sent yet are then lost, and known ones get a new detectedAt';
  throw new PermanentError(
    'ward_journal_damaged',
    `${file}:${number}: this line is not an entry of the journal. ${remedy}`,
  );
}
