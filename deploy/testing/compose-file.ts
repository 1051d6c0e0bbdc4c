import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const PORT = /^127\.0\.0\.1:\$\{([A-Z_]+):-(\d+)\}:(\d+)$/;

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `127.0.0.1:${VARIABLE:-preset}:container`: nothing but loopback, and a port that is taken can be changed. */
const port = z
  .string()
  .regex(PORT, 'a port on 127.0.0.1 with a variable and a preset')
  .transform((text) => {
    const [, variable = '', preset, container] = PORT.exec(text) ?? [];
    return { variable, preset: Number(preset), container: Number(container) };
  });

/** What every service of the compose file has. */
const service = z.object({
  // Three numbers, so that it stays what was tried: neither "latest" nor a tag that moves.
  image: z.string().regex(/^[a-z0-9./-]+:v?\d+\.\d+\.\d+(-management)?$/, 'an image with its full version'),
  ports: z.array(port).min(1),
  volumes: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  extra_hosts: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  healthcheck: z.object({
    test: z.tuple([z.literal('CMD'), z.string()], z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number().min(3),
  }),
  restart: z.literal('unless-stopped'),
});

const composeFile = z.object({
  name: z.literal('heartline'),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

export type ComposeFile = z.output<typeof composeFile>;

export const composeText = (): string => readFileSync(`${PROJECT_ROOT}/docker-compose.yml`, 'utf8');

/** Reads a compose file; throws a ZodError that says which promise it breaks. */
export function parseCompose(text: string): ComposeFile {
  return composeFile.parse(parse(text, { merge: true }));
}
