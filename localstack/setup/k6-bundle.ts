import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, version as esbuildVersion, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(root, 'k6', 'mqtt', 'bundle-entry.ts');
/** What it imports of our own. */
const quickPublish = join(root, 'k6', 'mqtt', 'quick-publish.ts');
const bundle = join(root, 'k6', 'mqtt', 'mqtt-packet.gen.js');
const thisFile = fileURLToPath(import.meta.url);

/** What ends up in the bundle: another version of any of these makes another bundle. */
const BUNDLED = ['mqtt-packet', 'bl', 'buffer'];

/** mqtt-packet writes a debug line for every field of every packet; k6 interprets, so even a silent one costs. */
const silentDebug: Plugin = {
  name: 'silent-debug',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'silent' }));
    onLoad({ filter: /.*/, namespace: 'silent' }, () => ({ contents: 'module.exports = () => () => undefined;' }));
  },
};

/**
 * Makes `k6/mqtt/mqtt-packet.gen.js`, which stock k6 can import, when it is missing or made from something else. It is renamed
 * into place, so two at once end with one of two equal files.
 */
export async function bundleForK6(): Promise<void> {
  const stamp = `// made from ${await fingerprint()} by localstack/setup/k6-bundle.ts\n`;
  if ((await firstLine(bundle)) === stamp) return;
  const staging = `${bundle}.${randomUUID()}`;
  try {
    await writeFile(staging, stamp + (await bundled()));
    await rename(staging, bundle);
  } finally {
    await rm(staging, { force: true });
  }
}

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2017', // newer syntax is not faster in k6, and all of this one is known to it
    external: ['k6/*'],
    // The list of buffers alone: bl's streams would bring readable-stream along.
    alias: { bl: 'bl/BufferList.js' },
    plugins: [silentDebug],
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(esbuildVersion);
  const require = createRequire(import.meta.url);
  for (const name of BUNDLED) hash.update(await readFile(require.resolve(`${name}/package.json`)));
  for (const file of [entry, quickPublish, thisFile]) hash.update(await readFile(file));
  return hash.digest('hex');
}

async function firstLine(file: string): Promise<string | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return text.slice(0, text.indexOf('\n') + 1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
