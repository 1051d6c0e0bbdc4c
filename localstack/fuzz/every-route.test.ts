import { afterAll, beforeAll, expect, test } from 'vitest';
import { localToken } from '../../shared/access/local-token.ts';
import { ACCESS_ROLES } from '../../shared/access/principal.ts';
import { startIotDataPlane } from '../iot-data-plane/iot-data-plane.ts';
import { quiet } from '../iot-data-plane/testing/sdk-client.ts';
import type { IotDataPlane } from '../iot-data-plane/types.ts';
import { declareStreams, startTestBroker, type TestBroker } from '../testing/broker.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { startFunctions, type TestFunctions } from '../testing/functions.ts';
import { fuzz } from './fuzz.ts';
import { fuzzReport } from './fuzz-report.ts';
import { servedDocument } from './served-document.ts';

const BOOT_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 120_000;
/** A route; more by `npm run fuzz`. */
const RUNS = 32;
const SEED = 20_261_122;
/** What was drawn may not meet what is there: an alert's id asked for among events. */
const ACCEPTING_MIN = 20;

let db: TestDatabase;
let broker: TestBroker;
let plane: IotDataPlane;
let functions: TestFunctions;

beforeAll(async () => {
  [db, broker] = await Promise.all([testDatabase(), startTestBroker()]);
  const { mqtt, stream } = broker.endpoints;
  await declareStreams(broker.endpoints);
  plane = await startIotDataPlane({ host: '127.0.0.1', port: 0, mqttUrl: mqtt, logger: quiet });
  functions = await startFunctions(db.url, {
    HEARTLINE_STREAM_URL: stream,
    HEARTLINE_MQTT_URL: mqtt,
    AWS_ENDPOINT_URL_IOT_DATA_PLANE: plane.url,
    HEARTLINE_PROCESSING_MIN_MS: '0',
    HEARTLINE_PROCESSING_MAX_MS: '5',
    HEARTLINE_PURCHASE_NAIVE: 'true',
    HEARTLINE_LOG_LEVEL: 'error',
    // What is behind the door is to be tried, not how often one may knock.
    HEARTLINE_RATE_LIMIT_STAFF: '100000',
    HEARTLINE_RATE_LIMIT_REFUSED: '100000',
  });
}, BOOT_LIMIT_MS);
afterAll(async () => {
  await functions.stop();
  await plane.close();
  await Promise.all([broker.remove(), db.drop()]);
}, BOOT_LIMIT_MS);

test('every route answers what is right, wrong and hostile as the document says that it does', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  const url = functions.http;
  const tokens = new Map(await Promise.all(ACCESS_ROLES.map(async (role) => [role, await localToken(role)] as const)));
  const results = await fuzz({ url, tokens, document: await servedDocument(url), seed: SEED, runs: RUNS });
  const report = fuzzReport(results, SEED);
  process.stdout.write(report);
  expect(
    results.flatMap(({ failure }) => failure ?? []),
    report,
  ).toEqual([]);
  expect(results.length).toBeGreaterThan(20);
  // Not only the door is tried: behind most something valid was done.
  expect(results.filter(({ accepted }) => accepted > 0).length, report).toBeGreaterThan(ACCEPTING_MIN);
});
