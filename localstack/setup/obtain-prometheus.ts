import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { obtainOnce } from './cache.ts';
import { ownSuite, privateApt, unpackDeb } from './debian-packages.ts';
import { missing } from './missing.ts';
import type { Progress } from './progress.ts';
import { parseVersion, runProgram, versionOutput } from './run-program.ts';

/** 2.40 is the first that stores native histograms, in which k6 sends its trends. */
const OLDEST: [number, number] = [2, 40];
const CACHE_VERSION = 1;

/** Path of a Prometheus ≥ 2.40: on PATH, cached, else unpacked from Debian's package into the cache; no root needed, the system stays as it is. */
export async function obtainPrometheus(progress: Progress): Promise<string> {
  const tried: string[] = [];
  if (await fits('prometheus', 'PATH', tried)) return 'prometheus';
  try {
    // The system's own suite: the program is linked to its C library.
    const suite = await ownSuite();
    const folder = await obtainOnce(`prometheus-${suite}-${CACHE_VERSION}`, (staging) =>
      unpack(staging, suite, progress),
    );
    return join(folder, 'prometheus');
  } catch (error) {
    tried.push(`Debian's package: ${error instanceof Error ? error.message : String(error)}`);
    throw missing(`Prometheus ≥ ${OLDEST.join('.')}`, tried, {
      debian: 'apt-get install prometheus   (Debian ≥ 12, Ubuntu ≥ 24.04)',
      macos: 'brew install prometheus',
      docker:
        'docker create --name prom prom/prometheus:v3.5.0 && docker cp prom:/bin/prometheus /usr/local/bin/prometheus',
    });
  }
}

async function fits(program: string, where: string, tried: string[]): Promise<boolean> {
  const printed = await versionOutput(program);
  const version = printed === undefined ? undefined : parseVersion(printed);
  if (version && (version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1]))) return true;
  tried.push(
    version
      ? `${where} has prometheus ${version.join('.')}, ≥ ${OLDEST.join('.')} is needed`
      : `${where} has no prometheus`,
  );
  return false;
}

async function unpack(root: string, suite: string, progress: Progress): Promise<void> {
  const aptFolder = join(root, 'apt');
  const apt = await privateApt(aptFolder, suite);
  progress.step('prometheus', `reading Debian ${suite}'s package lists`);
  await apt.update();
  progress.step('prometheus', 'downloading (19 MB) and unpacking');
  // Without its dependencies: besides the C library they are the files of its web page.
  const tree = join(root, 'tree');
  await unpackDeb(await apt.downloadAlone('prometheus'), tree);
  const program = join(root, 'prometheus');
  await rename(join(tree, 'usr', 'bin', 'prometheus'), program);
  for (const folder of [aptFolder, tree]) await rm(folder, { recursive: true });
  const tried: string[] = [];
  if (!(await fits(program, `Debian ${suite}`, tried))) {
    // Whatever the reason, the program's own words say it best.
    throw new Error(`${tried.join('; ')}: ${await runProgram(program, ['--version'])}`);
  }
}
