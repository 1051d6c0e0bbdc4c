import type { ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from './static-files.ts';

/** What the station's server itself may answer that is no success. */
const PROBLEMS = {
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  body_too_large: { status: 413, title: 'The body is too large' },
  api_away: { status: 502, title: 'The server is not reachable' },
  api_slow: { status: 504, title: 'The server did not answer in time' },
} as const;
type StationProblem = keyof typeof PROBLEMS;

/** Answers with a problem (RFC 9457); ends an answer that has begun, which can no longer become one. */
export function tellProblem(answer: ServerResponse, code: StationProblem): void {
  if (answer.writableEnded) return;
  if (answer.headersSent) {
    answer.destroy();
    return;
  }
  const { status, title } = PROBLEMS[code];
  const body = { type: `urn:heartline:problem:${code}`, title, status, detail: title, code, errors: [] };
  answer
    .writeHead(status, { ...SECURITY_HEADERS, 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}
