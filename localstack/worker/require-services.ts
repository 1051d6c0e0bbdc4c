import { connect } from 'node:net';
import { config } from '../../shared/config.ts';
import { TransientError } from '../../shared/errors.ts';
import { isStackAlive, readStack } from '../../shared/stack-file.ts';
import type { WorkerFunction } from './service.ts';

const PROBE_TIMEOUT_MS = 1_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether somebody refuses connections there; an address that is merely silent may yet answer. */
function refuses({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: PROBE_TIMEOUT_MS });
    const answer = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => answer(false));
    socket.once('timeout', () => answer(false));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code === 'ECONNREFUSED'));
  });
}

/**
 * Says at once what to start when nothing of it runs on this machine. Services that run elsewhere, or in a stack that runs, may
 * be away for a moment: sources wait for them.
 * @throws TransientError `worker_services`
 */
export async function requireServices({ key, events }: WorkerFunction): Promise<void> {
  const { endpoints, home } = config();
  const stack = readStack(home);
  if (stack !== undefined && isStackAlive(stack)) return;
  const services = [
    { kind: 'pgmq', url: endpoints.postgres, what: 'Postgres', setting: 'HEARTLINE_DATABASE_URL' },
    { kind: 'mqtt', url: endpoints.rabbitmq.mqtt, what: 'an MQTT broker', setting: 'HEARTLINE_MQTT_URL' },
    {
      kind: 'rabbitmqStream',
      url: endpoints.rabbitmq.stream,
      what: 'RabbitMQ Streams',
      setting: 'HEARTLINE_STREAM_URL',
    },
  ];
  for (const { kind, url, what, setting } of services) {
    if (!events.some((event) => Object.hasOwn(event, kind))) continue;
    const address = new URL(url);
    if (!LOOPBACK.has(address.hostname) || address.port === '' || !(await refuses(address))) continue;
    throw new TransientError(
      'worker_services',
      `Function '${key}' reads from ${what}; nothing listens at ${address.host}, and no stack runs here.\n` +
        `  Start one with 'npm start' (or 'npm run services'), or name your own: ${setting}=${address.protocol}//…`,
    );
  }
}
