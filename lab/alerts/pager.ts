import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A hospital's pager gateway: takes webhooks and remembers their keys. */
export interface Pager {
  readonly url: string;
  /** By idempotency key, how often it came, and whether ever with another body. */
  readonly taken: ReadonlyMap<string, { times: number; readonly body: string; differs: boolean }>;
  stop(): Promise<void>;
}

const BODY_MAX = 1_048_576;

export async function startPager(): Promise<Pager> {
  const taken = new Map<string, { times: number; readonly body: string; differs: boolean }>();
  const server = createServer((request, answer) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body = (body + text).slice(0, BODY_MAX);
    });
    request.on('end', () => {
      const key = String(request.headers['webhook-id'] ?? 'none');
      const known = taken.get(key);
      if (known === undefined) taken.set(key, { times: 1, body, differs: false });
      else {
        known.times += 1;
        known.differs ||= known.body !== body;
      }
      answer.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pages`,
    taken,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
