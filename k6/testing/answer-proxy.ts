import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** An answer to a request that bears an Idempotency-Key. */
export interface KeyedAnswer {
  readonly key: string;
  /** 1 when the key is met for the first time. */
  readonly time: number;
  readonly body: string;
}

interface AnswerProxy {
  readonly url: string;
  /** By key, how often it was sent. */
  readonly times: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Between a client and the functions: requests pass, and are done; of answers to keyed ones the body may be another, or `cut` in the middle. */
async function answerProxy(target: string, change: (answer: KeyedAnswer) => string): Promise<AnswerProxy> {
  const times = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '', headers } = request;
    const key = headers['idempotency-key'];
    const time = typeof key === 'string' ? (times.get(key) ?? 0) + 1 : 0;
    if (typeof key === 'string') times.set(key, time);
    const sent = method === 'GET' ? {} : { body: await buffer(request) };
    const passed = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      OF_THE_CONNECTION.includes(name) || value === undefined ? [] : [[name, String(value)]],
    );
    const answer = await fetch(`${target}${url}`, { method, headers: passed, ...sent });
    const body = await answer.text();
    const changed = typeof key === 'string' ? change({ key, time, body }) : body;
    const type = answer.headers.get('content-type') ?? 'application/json';
    if (changed !== 'cut') {
      response.writeHead(answer.status, { 'content-type': type }).end(changed);
      return;
    }
    // A byte of the answer has to arrive: a request of which nothing came back Go's HTTP client sends again by itself.
    response.writeHead(answer.status, { 'content-type': type, 'content-length': body.length });
    response.write(body.slice(0, 1), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    times,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Headers that are not the request's own. */
const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'transfer-encoding'];

/** What comes of `run` when its requests go through the proxy. */
export async function throughProxy<Run>(
  target: string,
  change: (answer: KeyedAnswer) => string,
  run: (url: string) => Promise<Run>,
): Promise<{ run: Run; times: ReadonlyMap<string, number> }> {
  const proxy = await answerProxy(target, change);
  try {
    return { run: await run(proxy.url), times: proxy.times };
  } finally {
    await proxy.close();
  }
}
