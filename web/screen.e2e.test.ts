// What the screen shows, of a ward that the test plays: full, at full rate, with its links cut, on a phone, to a screen reader.
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../localstack/testing/eventually.ts';
import type { AlertItem } from '../shared/alert-desk/alert-item.ts';
import { axeFaults } from './testing/axe.ts';
import { openWindow, PHONE } from './testing/browser.ts';
import { mainThreadTasks } from './testing/main-thread.ts';
import { alertOf, bedName, vitalsOf } from './testing/test-ward.ts';
import { startWholeStation, type WholeStation } from './testing/whole-station.ts';

const WARD = 'played';
const BEDS = 40;
const BOOT_LIMIT_MS = 180_000;
const TEST_LIMIT_MS = 90_000;
/** Two messages a second of each bed. */
const MESSAGE_EVERY_MS = 500;

let whole: WholeStation;
let stopBeat: () => void;
let revision = 0;
const timers: NodeJS.Timeout[] = [];
const windows: Awaited<ReturnType<typeof openWindow>>[] = [];

beforeAll(async () => {
  whole = await startWholeStation();
  stopBeat = whole.beat(WARD);
  // Spread over the time, as forty monitors are.
  for (let index = 0; index < BEDS; index += 1) {
    setTimeout(
      () => timers.push(setInterval(() => whole.tell(vitalsOf(WARD, index)), MESSAGE_EVERY_MS)),
      (index * MESSAGE_EVERY_MS) / BEDS,
    );
  }
}, BOOT_LIMIT_MS);
afterEach(async () => {
  whole?.brokerWay.join();
  whole?.apiWay.join();
  const faults = windows.flatMap((window) => window.faults);
  await Promise.all(windows.splice(0).map((window) => window.close()));
  expect(faults).toEqual([]);
}, TEST_LIMIT_MS);
afterAll(async () => {
  for (const timer of timers) clearInterval(timer);
  await whole?.stop();
}, BOOT_LIMIT_MS);

async function stationOf(view = 'wall', options: BrowserContextOptions = {}) {
  const window = await openWindow(whole.browser, options);
  windows.push(window);
  const { page } = window;
  await page.goto(`${whole.url}/#token=${await whole.tokenOf('carla', 'charge-nurse')}`);
  await page.getByRole('heading', { name: 'Which ward?' }).waitFor();
  await page.goto(`${whole.url}/#/${WARD}/${view}`);
  return page;
}

const show = (alerts: readonly AlertItem[]) => {
  revision += 1;
  return whole.show(WARD, revision, alerts);
};

const someAlerts = () => [
  alertOf(WARD, 3),
  alertOf(WARD, 7, { priority: 'medium', owner: { id: 'nina', role: 'nurse' }, status: 'accepted', answerBy: null }),
  alertOf(WARD, 12, { rule: 'device', condition: 'device/leads-off', category: 'technical', priority: 'medium' }),
  alertOf(WARD, 20, {
    rule: 'trend',
    condition: 'trend/HR/rising',
    priority: 'low',
    detail: { change: 32, overS: 300 },
  }),
  alertOf(WARD, 21, { phase: 'resolved', status: 'resolved', rings: false, answerBy: null }),
];

test('forty beds fit on one screen', { timeout: TEST_LIMIT_MS }, async () => {
  await show(someAlerts());
  const page = await stationOf();
  await page
    .locator('.tile')
    .nth(BEDS - 1)
    .waitFor();
  const overflow = await page.evaluate<number>(
    '(() => { const tiles = document.querySelector(".tiles"); return tiles.scrollHeight - tiles.clientHeight; })()',
  );
  expect(overflow).toBe(0);
  expect(await page.evaluate<boolean>('document.documentElement.scrollHeight > window.innerHeight')).toBe(false);
});

test('no task of the page takes longer than 100 ms at full rate', { timeout: TEST_LIMIT_MS }, async () => {
  const page = await stationOf();
  await page
    .locator('.tile')
    .nth(BEDS - 1)
    .waitFor();
  await whole.browser.startTracing(page, { categories: ['toplevel'] });
  const startedAt = performance.now();
  const untilMs = startedAt + 15_000;
  // Twenty open alerts, of which one leaves and another comes twice a second.
  const open = [
    ...someAlerts(),
    ...Array.from({ length: 15 }, (_, index) => alertOf(WARD, index, { priority: 'low' })),
  ];
  await eventually('a quarter of a minute', async () => {
    open.shift();
    open.push(alertOf(WARD, open.length % BEDS, { priority: 'medium' }));
    await show(open);
    await page.waitForTimeout(MESSAGE_EVERY_MS);
    return performance.now() > untilMs;
  });
  const tasks = mainThreadTasks(await whole.browser.stopTracing());
  const longest = (of: 'wallMs' | 'busyMs') => Math.max(0, ...tasks.map((task) => task[of]));
  const seconds = (performance.now() - startedAt) / 1_000;
  const busyMs = tasks.reduce((sum, task) => sum + task.busyMs, 0);
  console.log(
    `40 beds, 2 messages/s each: the longest task took ${longest('wallMs').toFixed(0)} ms, of them ${longest('busyMs').toFixed(0)} ms at work; ${(busyMs / seconds / 10).toFixed(0)} % of a core`,
  );
  // What other processes of this machine take from it says nothing of the page.
  expect(longest('busyMs')).toBeLessThan(100);
});

test('a link that is lost is said, values are marked as old; found, it is as before', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  await show(someAlerts());
  const page = await stationOf();
  await page
    .locator('.tile')
    .nth(BEDS - 1)
    .waitFor();
  whole.brokerWay.cut();
  await page.getByText('No connection to the ward').waitFor();
  await page.locator('.tile.old').first().waitFor();
  await eventually('values that are too old to be shown', async () =>
    (await page.locator(`.tile[data-bed="${bedName(0)}"]`).textContent())?.includes('no data since'),
  );
  await show([alertOf(WARD, 30)]);
  whole.brokerWay.join();
  await page.locator('.link-banner').waitFor({ state: 'detached' });
  // What it missed.
  await page.locator('li.alert-high', { hasText: bedName(30) }).waitFor();
  expect(await page.locator('.tile.old').count()).toBe(0);
});

test('a server that is away is said; what was sent meanwhile is sent again as the same', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  const alert = alertOf(WARD, 5);
  await show([alert]);
  const page = await stationOf(`alerts/${alert.alertId}`);
  const keys: string[] = [];
  page.on('request', async (request) => {
    if (request.method() === 'POST') keys.push((await request.allHeaders())['idempotency-key'] ?? '');
  });
  await page.getByRole('button', { name: 'Acknowledge', exact: true }).waitFor();
  whole.apiWay.cut();
  await page.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await page.getByText('Send it again: it counts once').waitFor();
  await page.getByText('The server does not answer').first().waitFor();
  whole.apiWay.join();
  await page.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  // The desk knows nothing of this ward.
  await page.getByText('This alert is not known any more').waitFor();
  await eventually('both requests', () => keys.length === 2);
  expect(new Set(keys).size).toBe(1);
  await page.getByRole('button', { name: 'Silence 2 min' }).click();
  await eventually('another intention', () => keys.length === 3);
  expect(new Set(keys).size).toBe(2);
});

test('no sign of life from the alert service is said within 20 s', { timeout: TEST_LIMIT_MS }, async () => {
  const page = await stationOf();
  await page.locator('.tile').first().waitFor();
  stopBeat();
  await page.getByText('gives no sign of life').waitFor({ timeout: 20_000 });
  stopBeat = whole.beat(WARD);
  await page.locator('.link-banner').waitFor({ state: 'detached' });
});

test('an older snapshot does not replace a newer one; each that is shown is confirmed', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  const receipts: { stationId: string; revision: number }[] = [];
  whole.client.on('message', (topic, payload) => {
    if (topic === `station/${WARD}/receipts`) receipts.push(JSON.parse(payload.toString()));
  });
  await whole.client.subscribeAsync(`station/${WARD}/receipts`, { qos: 1 });
  await show([alertOf(WARD, 1)]);
  const page = await stationOf();
  await page.locator('li.alert', { hasText: bedName(1) }).waitFor();
  await show([alertOf(WARD, 2)]);
  await page.locator('li.alert', { hasText: bedName(2) }).waitFor();
  await whole.show(WARD, revision - 1, [alertOf(WARD, 1)]);
  const shown = revision;
  await eventually('a receipt', () =>
    receipts.some((receipt) => receipt.revision === shown && receipt.stationId !== ''),
  );
  expect(receipts.map((receipt) => receipt.revision)).not.toContain(shown + 1);
  expect(await page.locator('li.alert', { hasText: bedName(1) }).count()).toBe(0);
});

test('script in a patient’s id is shown as text', { timeout: TEST_LIMIT_MS }, async () => {
  const script = '<img src=x onerror="window.hurt = 1">';
  await show([alertOf(WARD, 2, { patientId: script, owner: { id: script, role: 'nurse' } })]);
  const page = await stationOf('alerts');
  await page.locator('li.alert .patient', { hasText: script }).waitFor();
  expect(await page.evaluate('window.hurt')).toBeUndefined();
  expect(await page.locator('li.alert img').count()).toBe(0);
});

test.each(['wall', 'alerts', 'alerts/one', 'beds/b04', 'thresholds', 'statistics', 'handover'])(
  'axe finds nothing in %s',
  { timeout: TEST_LIMIT_MS },
  async (view) => {
    const alerts = someAlerts();
    await show(alerts);
    const page = await stationOf(view.replace('one', alerts[0]?.alertId ?? ''));
    await page.locator('.tile, .alert, tbody, .figures, .history, .handover h2').first().waitFor();
    expect(await axeFaults(page)).toEqual([]);
  },
);

test('axe finds nothing where one signs in, on a wall in daylight, on one without its link, on a phone', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  await show(someAlerts());
  const window = await openWindow(whole.browser);
  windows.push(window);
  await window.page.goto(whole.url);
  await window.page.getByLabel('Your token').fill('nonsense');
  await window.page.getByRole('button', { name: 'Sign in' }).click();
  await window.page.getByText('no token of this system').waitFor();
  expect(await axeFaults(window.page)).toEqual([]);
  const [day, phone, detail] = await Promise.all([
    stationOf('wall', { colorScheme: 'light' }),
    stationOf('wall', PHONE),
    stationOf('alerts', PHONE),
  ]);
  for (const page of [day, phone, detail]) {
    await page.locator('.alert').first().waitFor();
    expect(await axeFaults(page)).toEqual([]);
  }
  whole.brokerWay.cut();
  await day.locator('.link-banner').waitFor();
  expect(await axeFaults(day)).toEqual([]);
});

test('on a phone nothing is wider than the screen', { timeout: TEST_LIMIT_MS }, async () => {
  const alerts = someAlerts();
  await show(alerts);
  const page = await stationOf('wall', PHONE);
  for (const view of [
    'wall',
    'alerts',
    `alerts/${alerts[0]?.alertId}`,
    'beds/b04',
    'thresholds',
    'statistics',
    'handover',
  ]) {
    await page.goto(`${whole.url}/#/${WARD}/${view}`);
    await page.locator(':is(.tile, .alert, .alert-detail, .page):visible').first().waitFor();
    const wider = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(wider, view).toBeLessThanOrEqual(0);
  }
});

test('nothing flashes or moves', { timeout: TEST_LIMIT_MS }, async () => {
  await show(someAlerts());
  const page = await stationOf('wall', { reducedMotion: 'reduce' });
  await page.locator('.tile-high').first().waitFor();
  expect(await page.evaluate<number>('document.getAnimations().length')).toBe(0);
});

test('focus stays where it is while alerts come and go', { timeout: TEST_LIMIT_MS }, async () => {
  const alert = alertOf(WARD, 5);
  await show([alert]);
  const page = await stationOf('alerts');
  await page.getByRole('button', { name: 'Acknowledge' }).focus();
  await show([...someAlerts(), { ...alert, version: 2 }]);
  await page.locator('li.alert', { hasText: bedName(3) }).waitFor();
  expect(await page.evaluate<string>('document.activeElement.textContent')).toBe(
    `Acknowledge the alert of bed ${bedName(5)}`,
  );
  expect(await page.getByTestId('announce-high').textContent()).toContain(`bed ${bedName(3)}`);
});
