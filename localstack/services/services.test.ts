import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processIdentity } from '../../shared/process-identity.ts';
import { obtainToxiproxy } from '../setup/obtain-go-tool.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { obtainRabbitmq } from '../setup/obtain-rabbitmq.ts';
import { silentProgress } from '../setup/progress.ts';
import { connects } from '../testing/connects.ts';
import { freePort, requireFreePort } from './ports.ts';
import { postgresService } from './postgres.ts';
import { rabbitmqService } from './rabbitmq.ts';
import { toxiproxyService } from './toxiproxy.ts';

const BOOT_TIMEOUT_MS = 120_000;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'heartline-services-'));
});
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

describe('embedded Postgres', () => {
  test('keeps its data between starts and leaves no process', async () => {
    const programs = await obtainPostgres(silentProgress);
    const service = postgresService({ programs, home, port: await freePort() });
    const first = await service.start();
    await query(first.endpoints.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(processIdentity(first.pid)).toBeUndefined();
    const second = await service.start();
    expect(await query(second.endpoints.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    await second.stop(); // asking twice is harmless
    expect(existsSync(join(home, 'run', 'postgres.json'))).toBe(false);
  });

  test('an interrupted initdb is not trusted', async () => {
    const programs = await obtainPostgres(silentProgress);
    const other = await mkdtemp(join(tmpdir(), 'heartline-initdb-'));
    await mkdir(join(other, 'postgres.new', 'base'), { recursive: true });
    const running = await postgresService({ programs, home: other, port: await freePort() }).start();
    expect(await query(running.endpoints.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await running.stop();
    await rm(other, { recursive: true, force: true });
  });

  test('one that cannot start says so with the end of its log', async () => {
    const programs = await obtainPostgres(silentProgress);
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    const starting = postgresService({ programs, home, port }).start();
    await expect(starting).rejects.toThrow(/Postgres ended while starting[\s\S]*could not bind/);
    taken.close();
  });
});

describe('embedded RabbitMQ', () => {
  test(
    'serves AMQP, MQTT, Web MQTT, streams and management, all on loopback, and ends',
    async () => {
      const [amqp, mqtt, webMqtt, stream, management, prometheus, distribution, epmd] = await Promise.all(
        Array.from({ length: 8 }, freePort),
      );
      const ports = { amqp, mqtt, webMqtt, stream, management, prometheus, distribution, epmd } as Record<
        string,
        number
      >;
      const service = rabbitmqService({
        program: await obtainRabbitmq(silentProgress),
        home,
        ports: ports as unknown as Parameters<typeof rabbitmqService>[0]['ports'],
      });
      const running = await service.start();
      expect(Number(running.version.split('.')[0])).toBeGreaterThanOrEqual(4);
      for (const name of ['amqp', 'mqtt', 'webMqtt', 'stream', 'management', 'prometheus']) {
        expect(await connects(ports[name] ?? 0), name).toBe(true);
      }
      const metrics = await (await fetch(running.endpoints.prometheus)).text();
      expect(metrics).toContain('rabbitmq_identity_info');
      await running.stop();
      expect(processIdentity(running.pid)).toBeUndefined();
      expect(await connects(ports['epmd'] ?? 0), 'the port mapper is gone, too').toBe(false);
    },
    BOOT_TIMEOUT_MS,
  );
});

describe('toxiproxy', () => {
  test('answers on its API', async () => {
    const service = toxiproxyService({ program: await obtainToxiproxy(silentProgress), home, port: await freePort() });
    const running = await service.start();
    expect(await (await fetch(`${running.endpoints.api}/proxies`)).json()).toEqual({});
    await running.stop();
  });
});

test('a busy port is named together with the setting that changes it', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await expect(requireFreePort(port, 'the HTTP API', 'HEARTLINE_HTTP_PORT')).rejects.toThrow(
    `Port ${port} for the HTTP API is in use by another program.\n  Stop that program, or set HEARTLINE_HTTP_PORT to another port.`,
  );
  server.close();
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
