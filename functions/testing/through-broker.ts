import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { declareStreams, startTestBroker, type TestBroker } from '../../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { startWorker, type Worker, type WorkerOptions } from '../../localstack/worker/start-worker.ts';

const BOOT_LIMIT_MS = 120_000;

type Settings = Record<string, string>;

/** A database and a broker for the tests of one file, and what they start on these; that is stopped after each test. */
export interface ThroughBroker {
  readonly db: TestDatabase;
  readonly broker: TestBroker;
  /** Serverless offline with all functions and triggers. */
  start(settings?: Settings): Promise<TestFunctions>;
  /** Replicas of one function, each a process. */
  work(
    options: Pick<WorkerOptions, 'function' | 'drainMs'> & { replicas?: number; settings?: Settings },
  ): Promise<Worker>;
}

export function throughBroker(preset: Settings = {}): ThroughBroker {
  let services: { db: TestDatabase; broker: TestBroker } | undefined;
  const running = new Set<() => Promise<unknown>>();

  const present = () => {
    if (services === undefined) throw new Error('the services run while tests do');
    return services;
  };
  const environment = (settings: Settings | undefined): Settings => {
    const { mqtt, stream } = present().broker.endpoints;
    return { HEARTLINE_MQTT_URL: mqtt, HEARTLINE_STREAM_URL: stream, ...preset, ...settings };
  };

  beforeAll(async () => {
    const [db, broker] = await Promise.all([testDatabase(), startTestBroker()]);
    services = { db, broker };
    await declareStreams(broker.endpoints);
  }, BOOT_LIMIT_MS);
  afterEach(async () => {
    await Promise.all([...running].map((stop) => stop()));
    running.clear();
  }, BOOT_LIMIT_MS);
  afterAll(async () => {
    await services?.broker.remove();
    await services?.db.drop();
  }, BOOT_LIMIT_MS);

  return {
    get db() {
      return present().db;
    },
    get broker() {
      return present().broker;
    },
    async start(settings) {
      const functions = await startFunctions(present().db.url, environment(settings));
      running.add(functions.stop);
      const ended = async (end: () => Promise<void>) => {
        running.delete(functions.stop);
        await end();
      };
      return { ...functions, kill: () => ended(functions.kill), stop: () => ended(functions.stop) };
    },
    async work({ settings, replicas = 1, ...options }) {
      const worker = await startWorker({
        ...options,
        replicas,
        environment: {
          HEARTLINE_DATABASE_URL: present().db.url,
          // No stack of this machine is to be met.
          HEARTLINE_HOME: join(tmpdir(), 'heartline-no-stack'),
          ...environment(settings),
        },
      });
      running.add(async () => {
        worker.kill();
        await worker.stop();
      });
      return worker;
    },
  };
}
