import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { obtainOnce } from './cache.ts';
import { ownSuite, privateApt, unpackDeb } from './debian-packages.ts';
import { missing } from './missing.ts';
import type { Progress } from './progress.ts';
import { runProgram, versionOutput } from './run-program.ts';

/** A Chromium, and what its process needs to be told where it was unpacked. */
export interface ChromiumProgram {
  /** Absolute: who starts it by playwright-core may not look along PATH. */
  file: string;
  environment: Readonly<Record<string, string>>;
}

const ON_PATH = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ON_MACOS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const CACHE_VERSION = 1;
/** Its libraries, and a font to draw with; its scripts' interpreters are not needed. */
const UNPACKED = /^(chromium|chromium-common|lib[^_]+|fontconfig-config|fonts-dejavu-core|fonts-dejavu-mono)_/;
/** Has to fit the system's own loader. */
const C_LIBRARY = /^(libc6|libc-bin)_/;
const FONTS_FILE = 'fonts.conf';

/** A Chromium: on PATH, cached, else unpacked from Debian's package into the cache; no root needed, the system stays as it is. */
export async function obtainChromium(progress: Progress): Promise<ChromiumProgram> {
  const tried: string[] = [];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = ON_PATH.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const file of [...onPath, ...ON_MACOS]) {
    if (existsSync(file) && (await versionOutput(file)) !== undefined) return { file, environment: {} };
  }
  tried.push(`PATH has none of ${ON_PATH.join(', ')}`);
  try {
    // The system's own suite: the program is linked to its C library.
    const suite = await ownSuite();
    const folder = await obtainOnce(`chromium-${suite}-${CACHE_VERSION}`, (staging) =>
      unpack(staging, suite, progress),
    );
    return await programIn(folder);
  } catch (error) {
    tried.push(`Debian's package: ${error instanceof Error ? error.message : String(error)}`);
    throw missing('Chromium', tried, {
      debian: 'apt-get install chromium   (Ubuntu: google-chrome-stable from dl.google.com)',
      macos: 'brew install --cask google-chrome',
      docker: 'the tests run in a container of docker.io/library/node:24-trixie with chromium installed in it',
    });
  }
}

async function unpack(root: string, suite: string, progress: Progress): Promise<void> {
  const aptFolder = join(root, 'apt');
  const apt = await privateApt(aptFolder, suite);
  progress.step('chromium', `reading Debian ${suite}'s package lists`);
  await apt.update();
  progress.step('chromium', 'downloading (200 MB) and unpacking');
  const tree = join(root, 'tree');
  await mkdir(tree);
  for (const file of await apt.downloadWithDependencies(['chromium', 'fonts-dejavu-core'])) {
    const name = basename(file);
    if (UNPACKED.test(name) && !C_LIBRARY.test(name)) await unpackDeb(file, tree);
  }
  await rm(aptFolder, { recursive: true });
  const fonts = join('tree', 'usr', 'share', 'fonts');
  await writeFile(
    join(root, FONTS_FILE),
    `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig><dir prefix="relative">${fonts}</dir></fontconfig>\n`,
  );
  const { file, environment } = await programIn(root);
  // Its own words if it does not run: a library that is missing, another machine's code.
  await runProgram(file, ['--version'], { env: { ...process.env, ...environment } });
}

/** Its folders of libraries keep their places: some libraries look for others beside themselves. */
async function programIn(folder: string): Promise<ChromiumProgram> {
  const tree = join(folder, 'tree');
  const libraries: string[] = [];
  for (const parent of [join(tree, 'lib'), join(tree, 'usr', 'lib')]) {
    if (!existsSync(parent)) continue;
    for (const name of await readdir(parent)) {
      if (name.includes('-linux-')) libraries.push(join(parent, name), join(parent, name, 'pulseaudio'));
    }
  }
  return {
    file: join(tree, 'usr', 'lib', 'chromium', 'chromium'),
    environment: { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: join(folder, FONTS_FILE) },
  };
}
