import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import { config } from '../../shared/config.ts';
import { createMetricBridge, type MetricBridge } from '../observability/bridge.ts';
import { createLogSink } from '../observability/log-sink.ts';
import { freePort } from '../services/ports.ts';
import { startFunctionsHost } from '../stack/functions-host.ts';

export interface TestFunctions {
  http: string;
  lambda: string;
  websocket: string;
  pid: number;
  bridge: MetricBridge;
  /** Folder of the log lines. */
  logs: string;
  /** kill -9 of the process that runs all functions and triggers. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Serverless offline with all functions and triggers on free ports, against the given database. */
export async function startFunctions(
  databaseUrl: string,
  environment: Record<string, string> = {},
  { service = config().projectRoot }: { service?: string } = {},
): Promise<TestFunctions> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-functions-'));
  const [httpPort, lambdaPort, websocketPort, noBroker] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const secure = environment['HEARTLINE_TLS_DIR'] === undefined ? '' : 's';
  const { keyFolder } = config().access;
  await ensureTokenKeys(keyFolder);
  const bridge = createMetricBridge();
  const logs = join(home, 'logs');
  const sink = createLogSink({ dir: logs, bridge, warn: (text) => process.stderr.write(`${text}\n`) });
  const host = await startFunctionsHost({
    projectRoot: config().projectRoot,
    service,
    home,
    environment: {
      HEARTLINE_HOME: home,
      HEARTLINE_KEYS: keyFolder,
      HEARTLINE_DATABASE_URL: databaseUrl,
      // Unless a broker is given there is none: a stack that runs on this machine is not to be met.
      HEARTLINE_MQTT_URL: `mqtt://127.0.0.1:${noBroker}`,
      HEARTLINE_STREAM_URL: `rabbitmq-stream://127.0.0.1:${noBroker}`,
      AWS_ENDPOINT_URL_IOT_DATA_PLANE: `http://127.0.0.1:${noBroker}`,
      HEARTLINE_HTTP_PORT: String(httpPort),
      HEARTLINE_LAMBDA_PORT: String(lambdaPort),
      HEARTLINE_WEBSOCKET_PORT: String(websocketPort),
      ...environment,
    },
    httpUrl: `http${secure}://127.0.0.1:${httpPort}`,
    lambdaUrl: `http://127.0.0.1:${lambdaPort}`,
    websocketUrl: `ws${secure}://127.0.0.1:${websocketPort}`,
    readOutput: (output) => sink.attach(output, 'serverless'),
  });
  async function clear(): Promise<void> {
    await sink.close();
    await rm(home, { recursive: true, force: true });
  }
  return {
    ...host.endpoints,
    pid: host.pid,
    bridge,
    logs,
    async kill() {
      process.kill(host.pid, 'SIGKILL');
      await host.exited;
      await clear();
    },
    async stop() {
      await host.stop();
      await clear();
    },
  };
}
