import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { processIdentity } from '../../shared/process-identity.ts';

const linksSchema = z.strictObject({
  pid: z.int().positive(),
  processIdentity: z.string().min(1),
  /** Control APIs. */
  toxiproxy: z.url(),
  faultProxy: z.url(),
  /** Where load finds the stack: through the links. */
  producers: z.strictObject({ http: z.url(), webMqtt: z.url() }),
});

/** The links of a stack that was started with them: where their faults are set. */
export type Links = Omit<z.infer<typeof linksSchema>, 'pid' | 'processIdentity'>;

const fileIn = (home: string) => join(home, 'links.json');

export function writeLinks(home: string, links: Links): void {
  mkdirSync(home, { recursive: true });
  const owner = { pid: process.pid, processIdentity: processIdentity(process.pid) };
  writeFileSync(fileIn(home), `${JSON.stringify(linksSchema.parse({ ...owner, ...links }), null, 2)}\n`);
}

export function removeLinks(home: string): void {
  rmSync(fileIn(home), { force: true });
}

/** The links of the stack that runs in this folder; undefined if none runs, or if it has no links. */
export function readLinks(home: string): Links | undefined {
  if (!existsSync(fileIn(home))) return undefined;
  const {
    pid,
    processIdentity: identity,
    ...links
  } = linksSchema.parse(JSON.parse(readFileSync(fileIn(home), 'utf8')));
  return processIdentity(pid) === identity ? links : undefined;
}
