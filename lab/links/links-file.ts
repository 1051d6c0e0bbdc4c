import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { processIdentity } from '../../shared/process-identity.ts';

const linksSchema = z.strictObject({
  pid: z.int().positive(),
  processIdentity: z.string().min(1),
  /** Control APIs. */
  toxiproxy: z.url(),
  faultProxy: z.url(),
  /** Decides which messages the MQTT faults hit. */
  seed: z.int().min(0),
  /** Where load finds the stack: through the links. */
  producers: z.strictObject({ http: z.url(), webMqtt: z.url() }),
  /** host:port through which worker processes reach their services. */
  workers: z.strictObject({ postgres: z.string().regex(/^\S+:\d+$/) }),
});

/** The links of a stack that was started with them: where their faults are set. */
export type Links = Omit<z.infer<typeof linksSchema>, 'pid' | 'processIdentity'>;

const fileIn = (home: string) => join(home, 'links.json');

export function writeLinks(home: string, links: Links): void {
  mkdirSync(home, { recursive: true });
  const owner = { pid: process.pid, processIdentity: processIdentity(process.pid) };
  // Whole or not at all: who waits for the stack reads it while it is written.
  const temporary = `${fileIn(home)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(linksSchema.parse({ ...owner, ...links }), null, 2)}\n`);
  renameSync(temporary, fileIn(home));
}

export function removeLinks(home: string): void {
  rmSync(fileIn(home), { force: true });
}

/**
 * The links of the stack that runs in this folder; undefined if none runs, or if it has no links.
 * @throws PermanentError `lab_links_invalid` for a file that is none
 */
export function readLinks(home: string): Links | undefined {
  const file = fileIn(home);
  if (!existsSync(file)) return undefined;
  const { pid, processIdentity: identity, ...links } = parsed(file);
  return processIdentity(pid) === identity ? links : undefined;
}

function parsed(file: string): z.output<typeof linksSchema> {
  try {
    return linksSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new PermanentError('lab_links_invalid', `${file}: ${reason}\nDelete it and start again.`, { cause: error });
  }
}
