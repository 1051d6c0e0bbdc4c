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

/** The path as the router reads it, however it is spelled; undefined: in no way that one could. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url.startsWith('/') ? `http://here${url}` : url).pathname);
  } catch {
    return undefined;
  }
}

/** A page that somebody on this machine looks at can post anywhere, and says so: a browser always adds where it is from. */
function refusePages({ headers, url = '', socket }: IncomingMessage): void {
  if (headers.origin === undefined) return;
  const path = pathOf(url);
  if (path === undefined || OF_AWS.test(path)) socket.destroy();
}

/** Rids every request to a server of this process of what API Gateway would not know, before anything reads it. */
export function guardHttp(): void {
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage };
    removeOverride(request);
    refusePages(request);
  });
}
