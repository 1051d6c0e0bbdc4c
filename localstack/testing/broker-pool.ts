import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually.ts';
import { bootBroker, type OwnBroker } from './own-broker.ts';

/** Brokers that the test files of a run take in turns, each emptied before the next has it: a boot takes a processor 5 s. */
export interface BrokerPool {
  /** `GET /` answers with the endpoints, and the broker is the caller's until it ends the answer; `POST /<number>/stop`, `/start`. */
  url: string;
  close(): Promise<void>;
}

const GUEST = `Basic ${Buffer.from('guest:guest').toString('base64')}`;
const EVERYTHING = { configure: '.*', write: '.*', read: '.*' };
const EMPTY_DEADLINE_MS = 30_000;
const SETTLE_DEADLINE_MS = 2_000;
const FAILED = 500;
const NOT_FOUND = 404;
const RETAINED_WRITTEN_MS = 250;

export async function startBrokerPool(): Promise<BrokerPool> {
  const all = new Set<OwnBroker>();
  const idle: OwnBroker[] = [];
  const lent = new Map<string, OwnBroker>();
  const givingBack = new Set<Promise<void>>();
  let lastNumber = 0;

  async function boot(): Promise<OwnBroker> {
    const broker = await bootBroker();
    all.add(broker);
    return broker;
  }

  async function lend(answer: ServerResponse): Promise<void> {
    lastNumber += 1;
    const number = String(lastNumber);
    const broker = idle.pop() ?? (await boot());
    lent.set(number, broker);
    answer.on('close', () => {
      lent.delete(number);
      const giving = giveBack(broker).finally(() => givingBack.delete(giving));
      givingBack.add(giving);
    });
    if (answer.destroyed) answer.emit('close');
    else answer.write(`${JSON.stringify({ number, endpoints: broker.endpoints })}\n`);
  }

  async function giveBack(broker: OwnBroker): Promise<void> {
    try {
      await broker.start();
      // Streams that a broker finds again after its start outlive their virtual host's removal: it takes a second one.
      const isEmptied = () => empty(broker).then(() => true);
      await eventually('an emptied broker', isEmptied, EMPTY_DEADLINE_MS);
      idle.push(broker);
    } catch {
      // Whatever became of it: the next one boots another.
      all.delete(broker);
      await broker.remove();
    }
  }

  const server = createServer((request, answer) => {
    const [, number = '', action = ''] = (request.url ?? '').split('/');
    const fail = (error: unknown) => answer.writeHead(FAILED).end(String(error));
    if (request.method === 'GET') return void lend(answer).catch(fail);
    const broker = lent.get(number);
    if (broker === undefined) return fail('no such broker');
    (action === 'stop' ? broker.stop() : broker.start()).then(() => answer.end(), fail);
  });
  // A lease is an answer that lasts.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(givingBack);
      await Promise.all([...all].map((broker) => broker.remove()));
    },
  };
}

/** Removes all that was declared, stored, retained and connected; what the management API remembers of connections, too. */
async function empty({ endpoints: { management }, removeRetained }: OwnBroker): Promise<void> {
  const api = async (method: string, path: string, body?: object) => {
    const headers = { authorization: GUEST, 'content-type': 'application/json' };
    const answer = await fetch(`${management}/api/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const isGone = method === 'DELETE' && answer.status === NOT_FOUND;
    if (!answer.ok && !isGone) throw new Error(`${method} ${path}: ${answer.status}`);
    return answer.text();
  };
  await api('DELETE', 'vhosts/%2F');
  // The file is written as the vhost goes.
  await sleep(RETAINED_WRITTEN_MS);
  await removeRetained();
  await api('PUT', 'vhosts/%2F', {});
  await api('PUT', 'permissions/%2F/guest', EVERYTHING);
  const nothing = async () => (await api('GET', 'connections')) === '[]' && (await api('GET', 'queues')) === '[]';
  await eventually('a broker without connections and queues', nothing, SETTLE_DEADLINE_MS);
}
