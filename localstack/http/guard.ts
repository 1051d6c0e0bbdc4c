import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** What serverless offline takes from anybody as the authorizer's word: whoever sends it would be whom they like. */
const OVERRIDE = 'sls-offline-authorizer-override';
const IN_PAIRS = 2;

function removeOverride({ headers, rawHeaders }: IncomingMessage): void {
  if (headers[OVERRIDE] === undefined) return;
  delete headers[OVERRIDE];
  for (let at = rawHeaders.length - IN_PAIRS; at >= 0; at -= IN_PAIRS) {
    if (rawHeaders[at]?.toLowerCase() === OVERRIDE) rawHeaders.splice(at, IN_PAIRS);
  }
}

/** Rids every request to a server of this process of what API Gateway would not know, before anything reads it. */
export function guardHttp(): void {
  subscribe('http.server.request.start', (message) =>
    removeOverride((message as { request: IncomingMessage }).request),
  );
}
