import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { endToEnd } from './hop-by-hop.ts';
import { tellProblem } from './problem.ts';

/** The routes take 64 KiB at most; more is refused before it is sent on. */
const BODY_BYTES_MAX = 256 * 1_024;
/** A function ends after 30 s. */
const ANSWER_TIMEOUT_MS = 31_000;

/** Passes requests under `/api` on to the HTTP API and its answers back, both as they come. */
export function apiPassage(apiUrl: string) {
  const target = new URL(apiUrl);
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return (came: IncomingMessage, answer: ServerResponse, pathAndQuery: string): void => {
    if (Number(came.headers['content-length'] ?? 0) > BODY_BYTES_MAX) {
      tellProblem(answer, 'body_too_large');
      return;
    }
    const { host: _, ...headers } = endToEnd(came.headers);
    const onward = request(target, {
      method: came.method,
      path: pathAndQuery,
      headers: {
        ...headers,
        ...framing(came.headers),
        host: target.host,
        'x-forwarded-for': came.socket.remoteAddress ?? '',
      },
      timeout: ANSWER_TIMEOUT_MS,
    });
    onward.on('response', (said) => {
      answer.writeHead(said.statusCode ?? 502, endToEnd(said.headers));
      said.on('error', () => answer.destroy()).pipe(answer);
    });
    onward.on('timeout', () => {
      tellProblem(answer, 'api_slow');
      onward.destroy();
    });
    onward.on('error', () => tellProblem(answer, 'api_away'));
    // Who has gone waits for no answer.
    answer.on('close', () => onward.destroy());
    let bytes = 0;
    came.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) return;
      tellProblem(answer, 'body_too_large');
      onward.destroy();
      came.destroy();
    });
    came.pipe(onward);
  };
}

/**
 * Where the body ends, whatever the method: without it Node would send that of a GET bare, and the API read it as the next request
 * of a connection that others use, too (RFC 9112, section 11.2).
 */
function framing({ 'content-length': length, 'transfer-encoding': coding }: IncomingHttpHeaders) {
  if (coding !== undefined) return { 'transfer-encoding': 'chunked' };
  return length === undefined ? {} : { 'content-length': length };
}
