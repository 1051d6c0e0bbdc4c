import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { obtainOnce } from './cache.ts';
import { privateApt, unpackDeb } from './debian-packages.ts';
import { missing } from './missing.ts';
import type { Progress } from './progress.ts';
import { parseVersion, versionOutput } from './run-program.ts';

/** Where the broker's program is: on this system, or in a Debian tree of its own that it is started in with chroot. */
export type RabbitmqProgram = { kind: 'path'; server: string } | { kind: 'tree'; root: string };

const NEEDED_MAJOR = 4;
/** Debian 13 is the first release with RabbitMQ 4 (4.0.5) and the Erlang that it needs. */
const SUITE = 'trixie';
const CACHE_NAME = `rabbitmq-4-${SUITE}-1`;
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
  const aptFolder = join(root, 'apt');
  const apt = await privateApt(aptFolder, SUITE);
  progress.step('rabbitmq', `reading Debian ${SUITE}'s package lists`);
  await apt.update();
  progress.step('rabbitmq', 'downloading RabbitMQ 4 and Erlang (60 MB)');
  const files = await apt.downloadWithDependencies(PACKAGES);
  progress.step('rabbitmq', 'unpacking (190 MB)');
  const tree = join(root, 'tree');
  await mergedUsr(tree);
  for (const file of files) await unpackDeb(file, tree);
  await finish(tree);
  await rm(aptFolder, { recursive: true });
  for (const entry of await readdir(tree)) await rename(join(tree, entry), join(root, entry));
  await rm(tree, { recursive: true });
  await chmod(root, 0o755);
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
