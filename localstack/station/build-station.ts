import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build, version as viteVersion } from 'vite';
import { obtainOnce } from '../setup/cache.ts';
import type { Progress } from '../setup/progress.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What ends up in the pages: their own sources, the rules that they share with the server, and the versions of packages. */
const SOURCES = ['web/index.html', 'web/src/**/*.{ts,tsx,css}', 'shared/**/*.ts', 'package-lock.json'];
const NO_SOURCE = /\.(test|bench)\.ts$/;
const HASH_LENGTH = 16;

/** The folder of the station's built pages, built only when what they are made of is new: a second start finds them in milliseconds. */
export async function buildStation(progress: Progress): Promise<string> {
  return obtainOnce(`station-${await fingerprint()}`, async (staging) => {
    progress.step('station', 'building the nurse station’s pages');
    await build({
      root: join(root, 'web'),
      configFile: false,
      plugins: [react()],
      build: {
        outDir: staging,
        emptyOutDir: false,
        target: 'es2022',
        assetsInlineLimit: 0,
        reportCompressedSize: false,
      },
      logLevel: 'error',
    });
  });
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(viteVersion);
  const files: string[] = [];
  for await (const name of glob(SOURCES, { cwd: root })) if (!NO_SOURCE.test(name)) files.push(name);
  for (const file of files.sort()) {
    hash.update(file).update(await readFile(join(root, file)));
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}
