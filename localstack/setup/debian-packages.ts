import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const LISTS_TIMEOUT_MS = 120_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/** An apt of its own: its lists, status and cache are in a folder of ours, so neither root nor a change to this system is needed. */
export interface PrivateApt {
  /** Reads the suite's package lists. */
  update(): Promise<void>;
  /** Downloads these packages and all they depend on; returns the .deb files. */
  downloadWithDependencies(packages: string[]): Promise<string[]>;
  /** Downloads one package and nothing that it depends on; returns its .deb file. */
  downloadAlone(name: string): Promise<string>;
}

/**
 * Makes a private apt in `folder` for a suite of Debian (`trixie`), from the mirror that this system itself uses.
 * Throws on a system that is not Debian: it has no keys to check the packages with.
 */
export async function privateApt(folder: string, suite: string): Promise<PrivateApt> {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version') || !existsSync(DEBIAN_KEYRING)) {
    throw new Error('only on Debian (this system has no apt with the keys of Debian’s archive)');
  }
  const cache = join(folder, 'cache');
  const options = await optionsIn(folder, cache, suite);
  return {
    async update() {
      await runProgram('apt-get', [...options, 'update'], { timeoutMs: LISTS_TIMEOUT_MS });
    },
    async downloadWithDependencies(packages) {
      await runProgram('apt-get', [...options, '-y', '--download-only', 'install', ...packages], {
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
      });
      return await debsIn(join(cache, 'archives'));
    },
    async downloadAlone(name) {
      const target = join(folder, 'alone', name);
      await mkdir(target, { recursive: true });
      await runProgram('apt-get', [...options, 'download', name], { cwd: target, timeoutMs: DOWNLOAD_TIMEOUT_MS });
      const [file] = await debsIn(target);
      if (file === undefined) throw new Error(`apt-get download ${name} left no package`);
      return file;
    },
  };
}

/** Debian's name of the release that runs here. */
export async function ownSuite(): Promise<string> {
  const file = '/etc/os-release';
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  const suite = /^VERSION_CODENAME="?(\w+)"?$/m.exec(text)?.[1];
  if (!/^ID="?debian"?$/m.test(text) || suite === undefined) {
    throw new Error('only on Debian (this system’s /etc/os-release names no release of it)');
  }
  return suite;
}

/** Unpacks a .deb file into a folder; runs none of its scripts. */
export async function unpackDeb(file: string, folder: string): Promise<void> {
  await runProgram('dpkg-deb', ['-x', file, folder]);
}

async function optionsIn(folder: string, cache: string, suite: string): Promise<string[]> {
  const etc = join(folder, 'etc');
  const state = join(folder, 'state');
  const status = join(folder, 'status');
  for (const part of [
    join(etc, 'preferences.d'),
    join(state, 'lists', 'partial'),
    join(cache, 'archives', 'partial'),
  ]) {
    await mkdir(part, { recursive: true });
  }
  await writeFile(status, '');
  const sources = join(etc, 'heartline.sources');
  await writeFile(
    sources,
    `Types: deb\nURIs: ${await debianMirror()}\nSuites: ${suite}\nComponents: main\nSigned-By: ${DEBIAN_KEYRING}\n`,
  );
  return [
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::Etc::PreferencesParts=${join(etc, 'preferences.d')}`,
    `Dir::State=${state}`,
    `Dir::State::Status=${status}`,
    `Dir::Cache=${cache}`,
    'APT::Install-Recommends=false',
    'APT::Sandbox::User=',
    'APT::Get::AllowUnauthenticated=false',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Acquire::Retries=3',
  ].flatMap((option) => ['-o', option]);
}

async function debsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith('.deb')).map((file) => join(folder, file));
}

/** The mirror that this system itself uses. Both source formats: one line each, and deb822. */
async function debianMirror(): Promise<string> {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? await readdir(folder) : []).map((f) => join(folder, f)),
  ];
  for (const file of files) {
    if (!existsSync(file)) continue;
    const text = await readFile(file, 'utf8');
    const uri = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s*)?)(\S+\/debian\/?)(?:\s|$)/m.exec(text)?.[1];
    if (uri) return uri;
  }
  throw new Error('no Debian mirror is named in /etc/apt/sources.list or sources.list.d');
}
