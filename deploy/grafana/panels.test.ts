import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ackProxy } from '../../k6/testing/frame-proxy.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { emptyQueries } from './check-panels.ts';
import { committedDashboards, type DashboardFile, parseDashboard } from './dashboard-file.ts';
import { drawDashboard } from './picture.ts';
import { type PromRange, queryAt, withVariables } from './prometheus-api.ts';
import { driveAlerts } from './testing/alerts.ts';
import { cutDatabaseSessions, driveAccess, driveDbFirst, holdUpInserts } from './testing/faults.ts';
import { loseLogLines, sendBadMetrics } from './testing/lost-telemetry.ts';
import { driveMedicalEvents } from './testing/medical-events.ts';
import {
  cutMqtt,
  disturbTheTrigger,
  driveAtMostOnce,
  receivedCount,
  receiving,
  scrapedOnce,
} from './testing/mqtt-faults.ts';
import { drivePurchases } from './testing/purchases.ts';
import { runK6 } from './testing/run-k6.ts';
import { type ScrapedStack, startScrapedStack } from './testing/scraped-stack.ts';
import { countLostRecords, driveAtLeastOnce } from './testing/stream-faults.ts';
import { driveVitals, holdUpSnapshots } from './testing/vitals.ts';

const START_TIMEOUT_MS = 180_000;
const TRAFFIC_TIMEOUT_MS = 240_000;
const CHECK_TIMEOUT_MS = 120_000;
/** Prometheus looks each second; a busy machine gets more. */
const SCRAPE_DEADLINE_MS = 60_000;
/** Ten scrapes, ten writes of k6. */
const RATE_SECONDS = 10;
const STEP_SECONDS = 2;
/** Longer than the database's limit of 2 s, so that requests fail and k6 runs out of its 100 virtual users. */
const FAULT_MS = 3_000;

/** Load of seconds; how fast answers come is not asked. */
const POSTS = { DURATION: '5s', RATE_LOW: '10', RATE_HIGH: '100', SPEED: 'any' };
const ALERTS_BEFORE_FAULT = 50;
const MONITORS = 10;
const MESSAGES = {
  DURATION: '4s',
  RATE_LOW: '20',
  RATE_HIGH: '40',
  VUS: String(MONITORS),
  SPEED: 'any',
  CHECK: 'none',
};
const KEPT_MESSAGES = { DURATION: '4s', RATE: '200', VUS: String(MONITORS), CHECK: 'none', ACK_TIMEOUT: '1s' };
/** Acknowledgements that get lost: their messages are sent again. */
const isLost = (ack: number) => ack > 20 && ack <= 23;
/** Four seconds at each of the two rates, and at one. */
const MESSAGES_BY_K6 = 240 + 800;
const MESSAGES_BY_HTTP = 2;

const dashboards = committedDashboards();

describe('the dashboards, asked of a real Prometheus that scrapes a running stack', () => {
  let scraped: ScrapedStack;
  let range: PromRange;

  beforeAll(async () => {
    vi.stubEnv('HEARTLINE_PROCESSING_MIN_MS', '0');
    vi.stubEnv('HEARTLINE_PROCESSING_MAX_MS', '0');
    scraped = await startScrapedStack();
    const fromS = Date.now() / 1000;
    sendBadMetrics(scraped);
    await loseLogLines(scraped);
    await driveAccess(scraped);
    await driveDbFirst(scraped);
    await driveAtMostOnce(scraped);
    await driveAtLeastOnce(scraped);
    countLostRecords(scraped);
    await drivePurchases(scraped);
    await driveMedicalEvents(scraped);
    await driveVitals(scraped);
    await driveAlerts(scraped);
    await cutDatabaseSessions(scraped);
    await disturbTheTrigger(scraped);
    // What was counted before the first scrape is no rate yet.
    await scrapedOnce(scraped);
    await driveAtMostOnce(scraped);
    await driveAtLeastOnce(scraped);
    await drivePurchases(scraped);
    await driveMedicalEvents(scraped);
    await driveVitals(scraped);
    await driveAlerts(scraped);
    const { endpoints, prometheus } = scraped;
    const run = {
      endpoints: { http: endpoints.http, webMqtt: endpoints.rabbitmq?.webMqtt ?? '' },
      remoteWrite: prometheus.remoteWrite,
    };
    const posts = runK6({ ...run, script: 'db-first', settings: POSTS });
    await Promise.all([holdUpInserts(scraped, ALERTS_BEFORE_FAULT, FAULT_MS), holdUpSnapshots(scraped)]);
    await posts;
    const messages = runK6({ ...run, script: 'at-most-once', settings: MESSAGES });
    await receiving(scraped);
    await cutMqtt(scraped, MONITORS);
    await messages;
    const proxy = await ackProxy(run.endpoints.webMqtt, isLost);
    const through = { ...run.endpoints, webMqtt: proxy.url };
    await runK6({ ...run, endpoints: through, script: 'at-least-once', settings: KEPT_MESSAGES });
    await proxy.close();
    range = { fromS, toS: Date.now() / 1000, stepS: STEP_SECONDS };
  }, START_TIMEOUT_MS + TRAFFIC_TIMEOUT_MS);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await scraped?.stop();
  });

  const emptyIn = (dashboard: DashboardFile) =>
    emptyQueries(dashboard, { url: scraped.prometheus.url, range, rateSeconds: RATE_SECONDS });

  test.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))(
    '%s: every query of every panel has data',
    { timeout: CHECK_TIMEOUT_MS },
    async (_, dashboard) => {
      expect(await emptyIn(dashboard)).toEqual([]);
    },
  );

  test('a picture of each has its panels, and every line has data', { timeout: CHECK_TIMEOUT_MS }, async () => {
    for (const dashboard of dashboards) {
      const svg = await drawDashboard(dashboard, scraped.prometheus.url, { ...range, rateSeconds: RATE_SECONDS });
      for (const { title } of dashboard.panels) expect(svg.includes(title), title).toBe(true);
      expect(svg.includes('nothing was measured'), dashboard.title).toBe(false);
      expect(/NaN|undefined|Infinity/.exec(svg), dashboard.title).toBeNull();
    }
  });

  test(
    'sent and received in the time shown are counted to the message',
    async () => {
      const atMostOnce = dashboards.find(({ uid }) => uid === 'heartline-at-most-once');
      const figureOf = async (title: string): Promise<number | undefined> => {
        const expr = atMostOnce?.panels.find((panel) => panel.title === title)?.targets[0]?.expr ?? '';
        const toS = Date.now() / 1000;
        const promql = withVariables(expr, { ...range, toS }, RATE_SECONDS);
        return (await queryAt(scraped.prometheus.url, promql, toS))[0]?.points[0]?.[1];
      };
      const received = await receivedCount(scraped);
      const isThere = async () => (await figureOf('Received in the time shown')) === received;
      await eventually('the last scrape', isThere, SCRAPE_DEADLINE_MS);
      expect(await figureOf('Sent in the time shown')).toBe(MESSAGES_BY_K6 + MESSAGES_BY_HTTP);
    },
    2 * SCRAPE_DEADLINE_MS,
  );

  test.each([
    ['a metric', 'alerts_stored_total', 'alerts_storde_total', ['Stored and notified', 'Stored by kind']],
    [
      'a fault, for which panels show 0',
      'dead_letters_total',
      'dead_leters_total',
      ['Dead letters since start', 'Dead letters by code'],
    ],
    [
      'a label in a condition',
      'db_first_alerts',
      'db_first_alert',
      [
        'Alerts waiting for staff',
        'Oldest waiting alert',
        'Dead letters since start',
        'Queue depth',
        'Queue depth',
        'Oldest message',
        'Dead letters by code',
      ],
    ],
    ['a label in a legend', '{{outcome}}', '{{outcom}}', ['Batches']],
  ])('mutant: a dashboard that misspells %s does not pass', async (_, right, wrong, panels) => {
    const json = readFileSync(new URL('dashboards/db-first.json', import.meta.url), 'utf8').replaceAll(right, wrong);
    expect((await emptyIn(parseDashboard(json))).map(({ panel }) => panel)).toEqual(panels);
  });
});
