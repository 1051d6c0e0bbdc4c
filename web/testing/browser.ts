import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { obtainChromium } from '../../localstack/setup/obtain-chromium.ts';
import { silentProgress } from '../../localstack/setup/progress.ts';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const WALL_SCREEN = { width: 1920, height: 1080 };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

export async function openBrowser(): Promise<Browser> {
  const { file, environment } = await obtainChromium(silentProgress);
  return chromium.launch({ executablePath: file, args: ARGUMENTS, env: { ...process.env, ...environment } });
}

/** A window of its own: another person's browser, with nothing stored in it. What goes wrong in the page is thrown at its closing. */
export async function openWindow(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[]; close(): Promise<void> }> {
  const context = await browser.newContext({ viewport: WALL_SCREEN, colorScheme: 'dark', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  return { page, faults, close: () => context.close() };
}
