import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../localstack/services/ports.ts';
import { prometheusService } from '../../../localstack/services/prometheus.ts';
import { obtainPrometheus } from '../../../localstack/setup/obtain-prometheus.ts';
import { silentProgress } from '../../../localstack/setup/progress.ts';
import { freeStackPorts } from '../../../localstack/stack/stack-ports.ts';
import { type RunningStack, startStack } from '../../../localstack/stack/start-stack.ts';
import { type TestDatabase, testDatabase } from '../../../localstack/testing/database.ts';
import { config } from '../../../shared/config.ts';

export interface ScrapedStack {
  database: TestDatabase;
  stack: RunningStack;
  endpoints: RunningStack['stack']['endpoints'];
  prometheus: { url: string; remoteWrite: string };
  home: string;
  stop(): Promise<void>;
}

/** The stack as `npm start` runs it, on free ports and a database of its own, and a Prometheus that scrapes functions and broker. */
export async function startScrapedStack(): Promise<ScrapedStack> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-panels-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    const database = await testDatabase();
    stops.push(() => database.drop());
    const stack = await startStack({
      projectRoot: config().projectRoot,
      home,
      ports: await freeStackPorts(),
      given: { postgres: database.url },
      access: config().access,
      functions: true,
      progress: silentProgress,
      // Connections are cut here on purpose, and what notices it says so.
      warn: () => undefined,
    });
    stops.push(() => stack.stop());
    const { endpoints } = stack.stack;
    const prometheus = await prometheusService({
      program: await obtainPrometheus(silentProgress),
      home,
      port: await freePort(),
      scrape: [
        { job: 'functions', target: endpoints.metrics },
        { job: 'rabbitmq', target: endpoints.rabbitmq?.metrics ?? '' },
      ],
    }).start();
    stops.push(() => prometheus.stop());
    return { database, stack, endpoints, prometheus: prometheus.endpoints, home, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
