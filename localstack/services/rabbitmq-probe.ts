import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';

/** Where a broker's HTTP API is, and who asks. */
export interface ApiAccess {
  management: string;
  user: string;
  password: string;
  /** Trusted beside what Node trusts, PEM. */
  ca: string | undefined;
}

const PROBE_TIMEOUT_MS = 2_000;
const OK = 200;

/** What the HTTP API answers. `fetch` knows no certificate authority of a request's own. */
function ask({ management, user, password, ca }: ApiAccess, path: string): Promise<{ ok: boolean; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ ok: boolean; body: string }>();
  const options = { auth: `${user}:${password}`, timeout: PROBE_TIMEOUT_MS, agent: false as const };
  const read = (answer: IncomingMessage) => {
    let body = '';
    answer
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        body += chunk;
      })
      .on('end', () => resolve({ ok: answer.statusCode === OK, body }))
      .on('error', reject);
  };
  const url = `${management}/api/${path}`;
  const request = url.startsWith('https:') ? getSecure(url, { ...options, ca }, read) : getPlain(url, options, read);
  request.on('timeout', () => request.destroy(new Error('no answer in time'))).on('error', reject);
  return promise;
}

/** Whether something listens on each of these ports, as the broker says. */
export async function allListen(api: ApiAccess, ports: number[]): Promise<boolean> {
  try {
    const answers = await Promise.all(ports.map((port) => ask(api, `health/checks/port-listener/${port}`)));
    return answers.every(({ ok }) => ok);
  } catch {
    return false; // the management listener itself is not up yet
  }
}

export async function brokerVersion(api: ApiAccess): Promise<string> {
  const overview = JSON.parse((await ask(api, 'overview')).body) as { rabbitmq_version?: string };
  return overview.rabbitmq_version ?? 'unknown';
}
