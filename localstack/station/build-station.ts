import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { obtainOnce } from '../setup/cache.ts';
import type { Progress } from '../setup/progress.ts';
import { runProgram } from '../setup/run-program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What ends up in the pages: their own sources, the rules that they share with the server, and the versions of packages. */
const SOURCES = [
  'web/index.html',
  'web/src/**/*.{ts,tsx,css}',
  'shared/**/*.ts',
  'package-lock.json',
  'localstack/station/build-*.ts',
];
const NO_SOURCE = /\.(test|bench)\.ts$/;
const HASH_LENGTH = 16;

/** The folder of the station's built pages, built only when what they are made of is new: a second start finds them in milliseconds. */
export async function buildStation(progress: Progress): Promise<string> {
  return obtainOnce(`station-${await fingerprint()}`, async (staging) => {
    progress.step('station', 'building the nurse station’s pages');
    // In a process of its own: what this one is run as (a test, say) would make it a build for development.
    const env = { ...process.env, NODE_ENV: 'production' };
    await runProgram(process.execPath, [join(import.meta.dirname, 'build-pages.ts'), staging], { env });
  });
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const files: string[] = [];
  for await (const name of glob(SOURCES, { cwd: root })) if (!NO_SOURCE.test(name)) files.push(name);
  for (const file of files.sort()) {
    hash.update(file).update(await readFile(join(root, file)));
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}
