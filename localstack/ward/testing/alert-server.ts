import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { AlertBody } from '../alert.ts';

/** What the server does with one request. `cut`: breaks the connection; `cut-after-storing`: the answer is lost, the alert is not. */
export type Answer =
  | { readonly kind: 'store' | 'cut' | 'cut-after-storing' }
  | { readonly kind: 'store-late'; readonly afterMs: number }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly code?: string };

/** Decides by the alert and by the how-many-th request for it this is, from 1. */
export type Script = (alert: AlertBody, attempt: number) => Answer;
export const STORE: Answer = { kind: 'store' };

/** A real HTTP server that keeps alerts by their id, as the first stage does, and fails as its script says. */
export interface AlertServer extends AsyncDisposable {
  readonly url: string;
  /** Every body received, per event id, in order of arrival, as the bytes that came. */
  readonly received: ReadonlyMap<string, readonly string[]>;
  /** Stored alerts in the order in which they were stored. */
  readonly stored: readonly AlertBody[];
  /** The most requests that were open at one time: in all, and of one device. */
  readonly most: { readonly open: number; readonly openOfOneDevice: number };
}

export async function startAlertServer(script: Script = () => STORE): Promise<AlertServer> {
  const received = new Map<string, string[]>();
  const stored: AlertBody[] = [];
  const open = new Map<string, number>();
  const most = { open: 0, openOfOneDevice: 0 };

  async function answer(text: string, response: ServerResponse): Promise<void> {
    const alert = JSON.parse(text) as AlertBody;
    const bodies = received.get(alert.eventId) ?? [];
    received.set(alert.eventId, [...bodies, text]);
    const plan = script(alert, bodies.length + 1);
    if (plan.kind === 'status') {
      const retryAfter = plan.retryAfter === undefined ? {} : { 'retry-after': plan.retryAfter };
      response.writeHead(plan.status, { 'content-type': 'application/problem+json', ...retryAfter });
      response.end(JSON.stringify({ status: plan.status, code: plan.code }));
      return;
    }
    if (plan.kind === 'store-late') await delay(plan.afterMs);
    const isNew = plan.kind !== 'cut' && !stored.some(({ eventId }) => eventId === alert.eventId);
    if (isNew) stored.push(alert);
    if (plan.kind === 'cut' || plan.kind === 'cut-after-storing') response.destroy();
    else response.writeHead(isNew ? 201 : 200, { 'content-type': 'application/json' }).end('{}');
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { deviceId } = JSON.parse(text) as AlertBody;
      open.set(deviceId, (open.get(deviceId) ?? 0) + 1);
      most.open = Math.max(
        most.open,
        [...open.values()].reduce((sum, count) => sum + count, 0),
      );
      most.openOfOneDevice = Math.max(most.openOfOneDevice, open.get(deviceId) ?? 0);
      response.on('close', () => open.set(deviceId, (open.get(deviceId) ?? 0) - 1));
      answer(text, response).catch((error) => response.destroy(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/alerts`,
    received,
    stored,
    most,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
