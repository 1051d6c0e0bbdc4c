#!/usr/bin/env node
// First step of every npm script, plain JavaScript for any Node ≥ 20: installs the packages when they are missing or stale,
// then hands over to the command in TypeScript, run by the Node 24 that is one of the packages.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE_MAJOR = 20;
/** Node runs .ts files without a flag from 22.18 on. */
const TYPE_STRIPPING_NODE = [22, 18];
const PARENT_CHECK_MS = 1_000;
/** What a shell gives for a process that SIGINT has ended. */
const EXIT_INTERRUPTED = 130;

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const stampFile = join(root, 'node_modules', '.installed-from');
const [command = '', ...args] = process.argv.slice(2);

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The lock file and the platform decide what belongs in node_modules. */
function wantedStamp() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}`;
}

function packagesAreInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wantedStamp();
}

/** Written last: an interrupted install has no stamp, so the next run starts it afresh. */
async function installPackages() {
  process.stderr.write('▸ packages   installing (once, about half a minute) …\n');
  const started = Date.now();
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Ctrl-C reaches npm as well, which then rolls back: we leave after it, so that the next run does not meet it at work.
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
  const problem = await new Promise((resolve) => {
    const install = spawn(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
    process.on('SIGTERM', () => install.kill('SIGTERM'));
    install.on('error', (error) => resolve(`: ${error.message}`));
    install.on('exit', (code) => resolve(code === 0 ? undefined : ''));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  if (interrupted) process.exit(EXIT_INTERRUPTED);
  if (problem !== undefined) {
    fail(
      `✗ packages   'npm ci' failed in ${root}${problem}.\n` +
        '  Its own message stands above. Is the npm registry reachable (npm ping), and the disk not full? Then run the same command again.',
    );
  }
  writeFileSync(stampFile, wantedStamp());
  process.stderr.write(`✓ packages   installed in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}

/** The packaged Node 24 where the registry has one for this platform, else this Node if it can run TypeScript. */
function nodeForTypeScript() {
  const packaged = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  if (existsSync(packaged)) return packaged;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = TYPE_STRIPPING_NODE;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return process.execPath;
  return fail(
    `✗ node       ${process.version} cannot run this project's TypeScript, and there is no packaged Node for ${process.platform}-${process.arch}.\n` +
      '  Install Node 24 and run the same command again.\n' +
      '  Debian/Ubuntu: apt-get install nodejs (≥ 24)   macOS: brew install node@24   Docker: node:24',
  );
}

/** The command's exit code is ours; a signal to us is passed on; if our own parent (npm) is killed, the command is told to stop. */
function handOver() {
  const file = join(root, 'localstack', 'commands', `${command}.ts`);
  if (!/^[a-z0-9-]+$/.test(command) || !existsSync(file))
    fail(`✗ there is no command '${command}' (localstack/commands/)`);
  const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` };
  const child = spawn(nodeForTypeScript(), ['--disable-warning=ExperimentalWarning', file, ...args], {
    cwd: process.cwd(),
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const parent = process.ppid;
  const underNpm = process.env.npm_lifecycle_event !== undefined;
  if (underNpm) {
    setInterval(() => {
      if (process.ppid !== parent && child.connected) child.disconnect();
    }, PARENT_CHECK_MS).unref();
  }
  // Ctrl-C reaches the whole terminal group, the command included: here it is only survived. SIGTERM reaches us alone.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`✗ ${command}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

const major = Number(process.versions.node.split('.')[0]);
if (major < OLDEST_NODE_MAJOR) {
  fail(`✗ node       ${process.version} is too old: Heartline needs Node ${OLDEST_NODE_MAJOR} or newer (24 is best).`);
}
if (!packagesAreInstalled()) await installPackages();
handOver();
