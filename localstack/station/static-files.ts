import { createHash } from 'node:crypto';
import { glob, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

export type Served = (request: IncomingMessage, answer: ServerResponse, path: string) => boolean;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/**
 * Nothing but the station's own files runs or is loaded; nobody may put it into a frame of theirs; what a note says is text and
 * stays text. Its WebSocket is of its own origin, too. The worker: MQTT.js keeps its timers in one of its own making, since those
 * of a window behind another run once a minute.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

interface StaticFile {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
}

const ETAG_LENGTH = 22;

/**
 * The files of a folder, all read at once (they are few): a path is looked up among them and never becomes one of the disk, so
 * that none leads out of the folder.
 */
export async function staticFiles(folder: string): Promise<Served> {
  const files = new Map<string, StaticFile>();
  for await (const name of glob('**/*', { cwd: folder })) {
    const file = join(folder, name);
    if (!(await stat(file)).isFile()) continue;
    const path = `/${name.split(sep).join('/')}`;
    files.set(path, fileOf(path, await readFile(file)));
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return ({ method, headers }, answer, path) => {
    const file = files.get(path);
    if (file === undefined || (method !== 'GET' && method !== 'HEAD')) return false;
    const { bytes, etag } = file;
    if (headers['if-none-match'] === etag) {
      answer.writeHead(304, file.headers).end();
      return true;
    }
    answer.writeHead(200, { ...file.headers, 'content-length': bytes.length });
    answer.end(method === 'HEAD' ? undefined : bytes);
    return true;
  };
}

function fileOf(path: string, bytes: Buffer): StaticFile {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, ETAG_LENGTH)}"`;
  // What has its content's hash in its name is never another; the page names those of its build.
  const cacheControl = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  return { bytes, etag, headers: { ...SECURITY_HEADERS, 'content-type': type, 'cache-control': cacheControl, etag } };
}
