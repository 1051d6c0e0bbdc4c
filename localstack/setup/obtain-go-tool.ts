import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { obtainOnce } from './cache.ts';
import { missing, type Remedy } from './missing.ts';
import type { Progress } from './progress.ts';
import { parseVersion, runProgram, versionOutput } from './run-program.ts';

interface GoTool {
  /** As printed in progress lines and errors. */
  name: string;
  /** On PATH. */
  program: string;
  versionArgs: string[];
  oldest: [number, number];
  /** Built from the Go module proxy when PATH has none. */
  module: string;
  moduleVersion: string;
  /** The file that `go install` makes. */
  builds: string;
  remedy: Remedy;
}

const BUILD_TIMEOUT_MS = 600_000;

const K6: GoTool = {
  name: 'k6',
  program: 'k6',
  versionArgs: ['version'],
  oldest: [1, 0],
  module: 'go.k6.io/k6',
  moduleVersion: 'v1.8.1',
  builds: 'k6',
  remedy: {
    debian: 'apt-get install golang   (≥ 1.24), or k6’s own Debian package',
    macos: 'brew install k6',
    docker: 'docker create --name k6 grafana/k6:1.8.1 && docker cp k6:/usr/bin/k6 /usr/local/bin/k6',
  },
};

const TOXIPROXY: GoTool = {
  name: 'toxiproxy',
  program: 'toxiproxy-server',
  versionArgs: ['-version'],
  oldest: [2, 5],
  module: 'github.com/Shopify/toxiproxy/v2/cmd/server',
  moduleVersion: 'v2.5.0',
  builds: 'server',
  remedy: {
    debian: 'apt-get install golang   (≥ 1.21)',
    macos: 'brew install shopify/shopify/toxiproxy',
    docker: 'docker create --name toxi shopify/toxiproxy && docker cp toxi:/toxiproxy /usr/local/bin/toxiproxy-server',
  },
};

/** Path of a k6 ≥ 1.0 that runs .ts scripts. */
export function obtainK6(progress: Progress): Promise<string> {
  return obtainGoTool(K6, progress);
}

/** Path of a toxiproxy server ≥ 2.5. */
export function obtainToxiproxy(progress: Progress): Promise<string> {
  return obtainGoTool(TOXIPROXY, progress);
}

async function obtainGoTool(tool: GoTool, progress: Progress): Promise<string> {
  const tried: string[] = [];
  const printed = await versionOutput(tool.program, tool.versionArgs);
  const version = printed === undefined ? undefined : parseVersion(printed);
  if (version && !older(version, tool.oldest)) return tool.program;
  tried.push(
    version
      ? `PATH has ${tool.program} ${version.join('.')}, ≥ ${tool.oldest.join('.')} is needed`
      : `PATH has no ${tool.program}`,
  );
  try {
    const folder = await obtainOnce(`${tool.name}-${tool.moduleVersion}`, (staging) => build(tool, staging, progress));
    return join(folder, tool.builds);
  } catch (error) {
    tried.push(`go install ${tool.module}@${tool.moduleVersion}: ${error instanceof Error ? error.message : error}`);
    throw missing(`${tool.name} ≥ ${tool.oldest.join('.')}`, tried, tool.remedy);
  }
}

async function build(tool: GoTool, staging: string, progress: Progress): Promise<void> {
  progress.step(tool.name, `building ${tool.moduleVersion} with go install (5 s to 2 minutes)`);
  const work = join(staging, 'go');
  // -modcacherw: otherwise Go's module cache is read-only and the staging folder cannot be removed.
  const env = {
    ...process.env,
    GOPATH: work,
    GOMODCACHE: join(work, 'mod'),
    GOCACHE: join(work, 'build'),
    GOBIN: staging,
    GOFLAGS: '-modcacherw',
    CGO_ENABLED: '0',
  };
  await runProgram('go', ['install', `${tool.module}@${tool.moduleVersion}`], { env, timeoutMs: BUILD_TIMEOUT_MS });
  await rm(work, { recursive: true, force: true });
  const built = join(staging, tool.builds);
  if (!existsSync(built)) throw new Error(`go install made no ${tool.builds}`);
}

function older(version: [number, number, number], oldest: [number, number]): boolean {
  return version[0] < oldest[0] || (version[0] === oldest[0] && version[1] < oldest[1]);
}
