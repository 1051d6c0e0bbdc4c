import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { runProgram } from '../localstack/setup/run-program.ts';
import { PermanentError } from '../shared/errors.ts';

const ASK_TIMEOUT_MS = 20_000;

const REMEDIES = `  Get it by one of these, then run the same command again:
    Debian/Ubuntu  apt-get install docker.io docker-compose   (Debian ≥ 13; Ubuntu: docker-compose-v2)
    macOS          brew install --cask docker
  Without Docker: npm start runs Postgres and RabbitMQ itself, and serves its metrics to any Prometheus.`;

const START_REMEDY = `  Start Docker (Linux: systemctl start docker; macOS: the Docker app), and see that you may use it (docker ps).
  Without Docker: npm start runs Postgres and RabbitMQ itself, and serves its metrics to any Prometheus.`;

/** One port of a service: on the host, and in its container. */
interface PublishedPort {
  readonly service: string;
  readonly host: number;
  readonly container: number;
}

/**
 * Checks that docker, its engine and its compose plugin are there.
 * @throws PermanentError `docker_missing`, `docker_not_running` or `compose_missing`, with what to do.
 */
export async function requireCompose(): Promise<void> {
  await orSay('docker_missing', 'Docker is missing.', REMEDIES, ['--version']);
  await orSay('docker_not_running', 'Docker is installed, but its engine does not answer.', START_REMEDY, [
    'version',
    '--format',
    '{{.Server.Version}}',
  ]);
  await orSay('compose_missing', 'Docker has no compose plugin (docker compose).', REMEDIES, ['compose', 'version']);
}

async function orSay(code: string, what: string, remedy: string, args: string[]): Promise<void> {
  try {
    await runProgram('docker', args, { timeoutMs: ASK_TIMEOUT_MS });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new PermanentError(code, `${what}\n  ${said}\n${remedy}`, { cause: error });
  }
}

/** Runs `docker compose` on the project's file, its output to ours, and returns its exit code. */
export function compose(projectRoot: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['compose', ...args], { cwd: projectRoot, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

const resolvedFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      ports: z.array(z.object({ target: z.number(), published: z.coerce.number() })).default([]),
      environment: z.record(z.string(), z.string().nullable()).nullish(),
    }),
  ),
});

export interface ResolvedProject {
  readonly ports: readonly PublishedPort[];
  readonly postgresPassword: string;
}

/** The compose file as compose itself reads it here and now, with the variables of the environment and of a .env file. */
export async function resolvedProject(projectRoot: string): Promise<ResolvedProject> {
  const json = await runProgram('docker', ['compose', 'config', '--format', 'json'], {
    cwd: projectRoot,
    timeoutMs: ASK_TIMEOUT_MS,
  });
  const { services } = resolvedFile.parse(JSON.parse(json));
  return {
    ports: Object.entries(services).flatMap(([service, { ports }]) =>
      ports.map(({ published, target }) => ({ service, host: published, container: target })),
    ),
    postgresPassword: services['postgres']?.environment?.['POSTGRES_PASSWORD'] ?? '',
  };
}

/**
 * The address of this machine that containers know as host.docker.internal, where it is one of this machine's own (Linux).
 * There a program on 127.0.0.1 cannot be reached from a container. Where Docker runs in a virtual machine it can: undefined.
 */
export async function hostAsContainersSeeIt(): Promise<string | undefined> {
  const args = ['network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}'];
  const gateway = (await runProgram('docker', args, { timeoutMs: ASK_TIMEOUT_MS })).trim();
  const own = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => address),
  );
  return own.includes(gateway) ? gateway : undefined;
}
