import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { obtainOnce } from './cache.ts';
import { missing } from './missing.ts';
import type { Progress } from './progress.ts';
import { parseVersion, runProgram, versionOutput } from './run-program.ts';

/** Where the broker's program is: on this system, or in a Debian tree of its own that it is started in with chroot. */
export type RabbitmqProgram = { kind: 'path'; server: string } | { kind: 'tree'; root: string };

const NEEDED_MAJOR = 4;
/** Debian 13 is the first release with RabbitMQ 4 (4.0.5) and the Erlang that it needs. */
const SUITE = 'trixie';
const CACHE_NAME = `rabbitmq-4-${SUITE}-1`;
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const LISTS_TIMEOUT_MS = 120_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;
/** The broker's dependencies do not name the essential packages that its shell scripts use. */
const PACKAGES = ['rabbitmq-server', 'bash', 'dash', 'coreutils', 'sed', 'grep', 'mawk', 'hostname', 'findutils'];
export const SERVER_IN_TREE = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Finds RabbitMQ ≥ 4: on PATH, cached, else unpacked from Debian's packages into the cache; no root needed, the system stays as it is. */
export async function obtainRabbitmq(progress: Progress): Promise<RabbitmqProgram> {
  const tried: string[] = [];
  const server = await onPath(tried);
  if (server) return { kind: 'path', server };
  try {
    return { kind: 'tree', root: await obtainOnce(CACHE_NAME, (staging) => unpackTree(staging, progress)) };
  } catch (error) {
    tried.push(`Debian's packages: ${error instanceof Error ? error.message : String(error)}`);
    throw missing(`RabbitMQ ≥ ${NEEDED_MAJOR}`, tried, {
      debian: 'apt-get install rabbitmq-server   (Debian ≥ 13, Ubuntu ≥ 25.04)',
      macos: 'brew install rabbitmq',
      docker:
        'docker run -d -p 5672:5672 -p 1883:1883 -p 15675:15675 -p 5552:5552 -p 15672:15672 rabbitmq:4-management   with HEARTLINE_AMQP_URL=amqp://guest:guest@127.0.0.1:5672',
    });
  }
}

async function onPath(tried: string[]): Promise<string | undefined> {
  const printed = await versionOutput('rabbitmqctl', ['version']);
  const version = printed === undefined ? undefined : parseVersion(printed);
  if (version && version[0] >= NEEDED_MAJOR) return 'rabbitmq-server';
  tried.push(
    version ? `PATH has RabbitMQ ${version.join('.')}, ≥ ${NEEDED_MAJOR} is needed` : 'PATH has no rabbitmq-server',
  );
  return undefined;
}

async function unpackTree(root: string, progress: Progress): Promise<void> {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version') || !existsSync(DEBIAN_KEYRING)) {
    throw new Error('only on Debian (this system has no apt with the keys of Debian’s archive)');
  }
  const apt = join(root, 'apt');
  const options = await privateApt(apt);
  progress.step('rabbitmq', `reading Debian ${SUITE}'s package lists`);
  await runProgram('apt-get', [...options, 'update'], { timeoutMs: LISTS_TIMEOUT_MS });
  progress.step('rabbitmq', 'downloading RabbitMQ 4 and Erlang (60 MB)');
  await runProgram('apt-get', [...options, '-y', '--download-only', 'install', ...PACKAGES], {
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
  progress.step('rabbitmq', 'unpacking (190 MB)');
  const archives = join(apt, 'cache', 'archives');
  const tree = join(root, 'tree');
  await mergedUsr(tree);
  for (const file of await readdir(archives)) {
    if (file.endsWith('.deb')) await runProgram('dpkg-deb', ['-x', join(archives, file), tree]);
  }
  await finish(tree);
  await rm(apt, { recursive: true });
  for (const entry of await readdir(tree)) await rename(join(tree, entry), join(root, entry));
  await rm(tree, { recursive: true });
  await chmod(root, 0o755);
}

/** An apt of its own (lists, status, cache), so that neither root nor a change to this system is needed. */
async function privateApt(folder: string): Promise<string[]> {
  const [etc, state, cache, status] = ['etc', 'state', 'cache', 'status'].map((part) => join(folder, part)) as [
    string,
    string,
    string,
    string,
  ];
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
    `Types: deb\nURIs: ${await debianMirror()}\nSuites: ${SUITE}\nComponents: main\nSigned-By: ${DEBIAN_KEYRING}\n`,
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

/** Debian's packages expect /bin, /sbin and /lib to be links into /usr. */
async function mergedUsr(tree: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(tree, 'usr', name), { recursive: true });
    await symlink(join('usr', name), join(tree, name));
  }
}

/** What the packages' install scripts would do and the broker needs: an awk, and places to mount on. */
async function finish(tree: string): Promise<void> {
  await symlink('mawk', join(tree, 'usr', 'bin', 'awk'));
  for (const mountPoint of ['data', 'proc', 'dev']) await mkdir(join(tree, mountPoint), { recursive: true });
  await writeFile(join(tree, 'etc', 'hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  await writeFile(
    join(tree, 'etc', 'passwd'),
    'root:x:0:0:root:/root:/bin/sh\nrabbitmq:x:1:1:rabbitmq:/data:/bin/sh\n',
  );
  await writeFile(join(tree, 'etc', 'group'), 'root:x:0:\nrabbitmq:x:1:\n');
  for (const needed of ['usr/bin/erl', SERVER_IN_TREE]) {
    if (!existsSync(join(tree, needed))) throw new Error(`the unpacked tree has no ${needed}`);
  }
}
