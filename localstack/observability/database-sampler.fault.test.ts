import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { createMetricBridge } from './bridge.ts';
import { startDatabaseSampler } from './database-sampler.ts';
import { sampleOf } from './testing/exposition.ts';

test('a database that goes away costs the gauges and one warning; when it is back, so are they', async () => {
  const db = await testDatabase({ migrated: false });
  const name = new URL(db.url).pathname.slice(1);
  const server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
  const pool = new pg.Pool({ connectionString: db.url });
  const bridge = createMetricBridge();
  const warnings: string[] = [];
  await db.pool.query("SELECT pgmq.create('staff')");
  const depth = async () => sampleOf(await bridge.render(), 'queue_depth', { queue: 'staff' });
  const sampler = startDatabaseSampler({ pool, bridge, warn: (text) => warnings.push(text), everyMs: 20 });
  try {
    await eventually('the first sample', async () => (await depth()) === 0);

    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await eventually('the gauges to go', async () => (await depth()) === undefined);
    expect(sampleOf(await bridge.render(), 'db_tps')).toBeUndefined();

    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await eventually('the gauges to come back', async () => (await depth()) === 0);
    await sampler.stop();
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await eventually('the pool to lose its connection, without ending the process', () => pool.totalCount === 0);
    expect(warnings).toEqual([expect.stringContaining('paused'), 'Database metrics are back.']);
  } finally {
    await sampler.stop();
    await pool.end();
    await server.end();
    await db.drop();
  }
});

test('a database that accepts and never answers is reported, reads do not pile up, and stop() returns', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const pool = new pg.Pool({ host: '127.0.0.1', port: (silent.address() as AddressInfo).port });
  const warnings: string[] = [];
  let removals = 0;
  const replaceGauge = () => {
    removals += 1;
  };
  const sampler = startDatabaseSampler({
    pool,
    bridge: { ...createMetricBridge(), replaceGauge },
    warn: (text) => warnings.push(text),
    everyMs: 5,
    timeoutMs: 30,
  });
  await eventually('ten samples to have timed out, and their four gauges removed', () => removals >= 40);
  await sampler.stop();
  expect(warnings).toEqual([expect.stringContaining('no answer within 30 ms')]);
  expect(sockets.size).toBe(1);
  expect(pool.waitingCount + pool.totalCount).toBeLessThanOrEqual(1);
  for (const socket of sockets) socket.destroy();
  silent.close();
  await pool.end();
});
