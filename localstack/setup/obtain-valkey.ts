import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { obtainOnce } from './cache.ts';
import { privateApt, unpackDeb } from './debian-packages.ts';
import { missing } from './missing.ts';
import type { Progress } from './progress.ts';
import { parseVersion, runProgram, versionOutput } from './run-program.ts';

/** A server that speaks Valkey's protocol, and where its libraries are if the system's own do not do. */
export interface ValkeyProgram {
  file: string;
  libraryPath?: string;
}

/** The last version before the two went separate ways; each newer one of either answers the same commands. */
const OLDEST_MAJOR = 7;
/** Redis 7.0; built for a C library (2.36) that every newer release can stand in for. */
const SUITE = 'bookworm';
const CACHE_NAME = `redis-${SUITE}-1`;
const PACKAGE = 'redis-server';
/** The server, its program (which Debian keeps in the tools' package), and libraries. */
const UNPACKED = /^(redis-server|redis-tools|lib[^_]+)_/;
/** Has to fit the system's own loader. */
const C_LIBRARY = /^libc6_/;

/** Path of a Valkey or Redis ≥ 7: on PATH, cached, else unpacked from Debian's package into the cache; no root needed, the system stays as it is. */
export async function obtainValkey(progress: Progress): Promise<ValkeyProgram> {
  const tried: string[] = [];
  for (const file of ['valkey-server', 'redis-server']) {
    if (fits(await versionOutput(file), `PATH: ${file}`, tried)) return { file };
  }
  try {
    const folder = await obtainOnce(CACHE_NAME, (staging) => unpack(staging, progress));
    return programIn(folder);
  } catch (error) {
    tried.push(`Debian's package: ${error instanceof Error ? error.message : String(error)}`);
    throw missing(`Valkey or Redis ≥ ${OLDEST_MAJOR}`, tried, {
      debian: 'apt-get install valkey-server   (Debian ≥ 13, Ubuntu ≥ 25.04; before: redis-server)',
      macos: 'brew install valkey',
      docker:
        'docker create --name valkey valkey/valkey:8 && docker cp valkey:/usr/local/bin/valkey-server /usr/local/bin/',
    });
  }
}

function fits(printed: string | undefined, where: string, tried: string[]): boolean {
  const version = printed === undefined ? undefined : parseVersion(printed);
  if (version && version[0] >= OLDEST_MAJOR) return true;
  tried.push(version ? `${where} is ${version.join('.')}, ≥ ${OLDEST_MAJOR} is needed` : `${where}: not found`);
  return false;
}

async function unpack(root: string, progress: Progress): Promise<void> {
  const aptFolder = join(root, 'apt');
  const apt = await privateApt(aptFolder, SUITE);
  progress.step('valkey', `reading Debian ${SUITE}'s package lists`);
  await apt.update();
  progress.step('valkey', 'downloading and unpacking Redis 7');
  const tree = join(root, 'tree');
  await mkdir(tree);
  for (const file of await apt.downloadWithDependencies([PACKAGE])) {
    const name = basename(file);
    if (UNPACKED.test(name) && !C_LIBRARY.test(name)) await unpackDeb(file, tree);
  }
  await rename(join(tree, 'usr', 'bin'), join(root, 'bin'));
  await mergeLibraries(tree, join(root, 'lib'));
  for (const folder of [aptFolder, tree]) await rm(folder, { recursive: true });
  const { file, libraryPath } = programIn(root);
  // Its own words if it does not run: a library that is missing, another machine's code.
  await runProgram(file, ['--version'], { env: { LD_LIBRARY_PATH: libraryPath } });
}

/** The shared libraries of all packages in one folder, whichever of lib/ and usr/lib/ they came in. */
async function mergeLibraries(tree: string, target: string): Promise<void> {
  await mkdir(target);
  for (const folder of [join(tree, 'lib'), join(tree, 'usr', 'lib')]) {
    if (!existsSync(folder)) continue;
    for (const architecture of await readdir(folder)) {
      if (!architecture.includes('-linux-')) continue;
      for (const name of await readdir(join(folder, architecture))) {
        if (name.includes('.so')) await rename(join(folder, architecture, name), join(target, name));
      }
    }
  }
}

function programIn(folder: string): Required<ValkeyProgram> {
  return { file: join(folder, 'bin', 'redis-server'), libraryPath: join(folder, 'lib') };
}
