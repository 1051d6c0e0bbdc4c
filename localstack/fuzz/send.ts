import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { FuzzRequest } from './requests.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Longer than any function may take. */
const ANSWER_LIMIT_MS = 12_000;

/** Sends requests as they are, over connections that stay. Node's own client: `fetch` would mend paths and headers. */
export function senderTo(
  url: string,
  tokens: ReadonlyMap<string, string> = new Map(),
): { send(what: FuzzRequest): Promise<Answer>; close(): void } {
  const { hostname, port, protocol } = new URL(url);
  const { Agent, request } = protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: ({ method, path, headers, body, caller = '' }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': body.length };
        const token = tokens.get(caller);
        const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
        const options = {
          agent,
          hostname,
          port,
          method,
          path,
          headers: { ...authorization, ...headers, ...length },
          timeout: ANSWER_LIMIT_MS,
        };
        const outgoing = request(options, (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const { statusCode = 0, headers: answered } = incoming;
            resolve({ status: statusCode, headers: answered, text: Buffer.concat(chunks).toString() });
          });
        });
        outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)));
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}
