import { Console } from 'node:console';

/**
 * Both streams are stdout: Lambda reads log lines and EMF there, and a console swallows the EPIPE of a reader that left.
 * Powertools' own console sends warnings and errors to stderr.
 */
const lines = new Console({ stdout: process.stdout, stderr: process.stdout });

/** Writes one or more whole lines (separated by \n, none at the end) in one write. */
export function writeLines(text: string): void {
  lines.log(text);
}
