import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** What serverless offline takes from anybody as the authorizer's word: whoever sends it would be whom they like. */
const OVERRIDE = 'sls-offline-authorizer-override';
/** AWS's own interfaces (Lambda's, and the management API of WebSockets), which want no token here: they are for commands and the SDK. */
const OF_AWS = /^\/(\d{4}-\d{2}-\d{2}|@connections)\//;
const IN_PAIRS = 2;

function removeOverride({ headers, rawHeaders }: IncomingMessage): void {
  if (headers[OVERRIDE] === undefined) return;
  delete headers[OVERRIDE];
  for (let at = rawHeaders.length - IN_PAIRS; at >= 0; at -= IN_PAIRS) {
    if (rawHeaders[at]?.toLowerCase() === OVERRIDE) rawHeaders.splice(at, IN_PAIRS);
  }
}

/** A page that somebody on this machine looks at can post anywhere, and says so: a browser always adds where it is from. */
function refusePages({ headers, url = '', socket }: IncomingMessage): void {
  if (headers.origin !== undefined && OF_AWS.test(url)) socket.destroy();
}

/** Rids every request to a server of this process of what API Gateway would not know, before anything reads it. */
export function guardHttp(): void {
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage };
    removeOverride(request);
    refusePages(request);
  });
}
