import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { toxiproxyVersion } from '../../localstack/services/toxiproxy.ts';
import { versionOutput } from '../../localstack/setup/run-program.ts';
import type { LabTarget } from './own-stack.ts';

const BYTES_PER_GIB = 1024 ** 3;
/** Packages that handle messages, or draw what is said of them. */
const PACKAGES = ['mqtt', 'pg', 'osls', 'serverless-offline', '@middy/core', 'echarts'];
const UNKNOWN = 'unknown';

export function machine(): string {
  const { length } = cpus();
  const memory = Math.round(totalmem() / BYTES_PER_GIB);
  return `${length} × ${cpus()[0]?.model.trim() ?? UNKNOWN}, ${memory} GiB, ${type()} ${release()}`;
}

/** Of what takes part in a run: services that the stack has started, programs and packages. */
export async function versionsOf(
  { stack, links }: LabTarget,
  projectRoot: string,
  k6: string,
): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const { functions: _, ...services } = stack.services;
  return {
    heartline: manifest.version,
    node: process.versions.node,
    ...services,
    toxiproxy: (await toxiproxyVersion(links.toxiproxy)) ?? UNKNOWN,
    k6: /v([\d.]+)/.exec((await versionOutput(k6, ['version'])) ?? '')?.[1] ?? UNKNOWN,
    ...Object.fromEntries(PACKAGES.map((name) => [name, manifest.dependencies[name] ?? UNKNOWN])),
  };
}
