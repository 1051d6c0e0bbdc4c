import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { authorizeCaller } from '../../shared/access/authorize-caller.ts';
import { localToken } from '../../shared/access/local-token.ts';
import { startFunctions } from '../testing/functions.ts';
import { type BenchContext, type BenchResult, measureRatio } from './bench-result.ts';

const KNOWN = join(import.meta.dirname, 'accept-service');
const OPEN = join(import.meta.dirname, 'open-service');
const ROUNDS = 5;
const REQUESTS = 2_000;
const WARM_UP = 1_000;
/** Clients that each wait for their answer. */
const AT_ONCE = 8;
const CHECKS = 100_000;
const TARGET_RATIO = 0.9;
const TARGET_US = 20;
const US_A_SECOND = 1_000_000;
const MS_A_SECOND = 1_000;
const OK = 200;

const get = (url: string, agent: Agent, token: string) =>
  new Promise<void>((resolve, reject) => {
    request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === OK) resolve();
        else reject(new Error(`${url} answered ${answer.statusCode}`));
      });
    })
      .on('error', reject)
      .end();
  });

/** @returns requests a second */
async function load(url: string, agent: Agent, token: string, count: number): Promise<number> {
  const startedMs = performance.now();
  let left = count;
  async function client(): Promise<void> {
    while (left-- > 0) await get(url, agent, token);
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return (count * MS_A_SECOND) / (performance.now() - startedMs);
}

/** @returns checks a second of a token that is known */
async function check(token: string): Promise<number> {
  const startedMs = performance.now();
  for (let times = 0; times < CHECKS; times += 1) await authorizeCaller({ token }, { name: 'bench' });
  return (CHECKS * MS_A_SECOND) / (performance.now() - startedMs);
}

/** What a request pays for being known: one function in two hosts, by turns. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const hosts = await Promise.all([OPEN, KNOWN].map((service) => startFunctions(databaseUrl, {}, { service })));
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  try {
    const token = await localToken('nurse');
    const [open = '', known = ''] = hosts.map(({ http }) => `${http}/healthz`);
    for (const url of [open, known]) await load(url, agent, token, WARM_UP);
    progress.step('bench', `authorize: ${ROUNDS} rounds`);
    const { ratio, ours, bare } = await measureRatio(
      ROUNDS,
      () => load(known, agent, token, REQUESTS),
      () => load(open, agent, token, REQUESTS),
    );
    await check(token);
    const perCheckUs = US_A_SECOND / (await check(token));
    return [
      {
        name: 'requests a second through the authorizer, against a host without one',
        target: `≥ ${TARGET_RATIO} ×`,
        measured: `${ratio.toFixed(2)} ×`,
        holds: ratio >= TARGET_RATIO,
        detail: `${Math.round(ours)} against ${Math.round(bare)} a second`,
      },
      {
        name: 'a token that is known, checked again',
        target: `< ${TARGET_US} µs`,
        measured: `${perCheckUs.toFixed(1)} µs`,
        holds: perCheckUs < TARGET_US,
        detail: 'its hash, and its principal from memory',
      },
    ];
  } finally {
    agent.destroy();
    await Promise.all(hosts.map((host) => host.stop()));
  }
}
