import { appendFileSync, closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { reason } from '../ward/reason.ts';
import type { Outgoing } from './ward-connection.ts';

/** A file of what the broker has acknowledged, for a checker: a line `{topic, message, sentMs, ackedMs}` each. */
export interface AckJournal {
  acknowledged(message: Outgoing, ackedMs: number): void;
  close(): void;
}

/** Lines are written together: a kill loses the last of them, and a checker then expects less than the broker has. */
const WRITE_EVERY_MS = 200;

/**
 * Opens the file for appending. A payload that is no JSON is in its line as text.
 * @throws PermanentError `argument`: the file cannot be opened
 */
export function openAckJournal(file: string): AckJournal {
  const handle = openFile(file);
  let lines: string[] = [];
  const write = () => {
    if (lines.length > 0) appendFileSync(handle, lines.join(''));
    lines = [];
  };
  const timer = setInterval(write, WRITE_EVERY_MS);
  return {
    acknowledged({ topic, payload, firstSentMs }, ackedMs) {
      const message = isJson(payload) ? payload : JSON.stringify(payload);
      lines.push(
        `{"topic":${JSON.stringify(topic)},"message":${message},"sentMs":${firstSentMs},"ackedMs":${ackedMs}}\n`,
      );
    },
    close() {
      clearInterval(timer);
      write();
      closeSync(handle);
    },
  };
}

function openFile(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    const remedy = `it cannot be written (${reason(error)}): is there a folder ${dirname(file)}?`;
    throw new PermanentError('argument', `--journal ${file}: ${remedy}`, { cause: error });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
