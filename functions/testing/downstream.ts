import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const posted = z.object({ eventId: z.string(), type: z.string() });
const HUGE_CHUNK = Buffer.alloc(64 * 1024);

/** A request that the downstream system got. */
interface Call {
  readonly eventId: string;
  readonly type: string;
  /** From 1, of this event. */
  readonly number: number;
  readonly atMs: number;
  /** When the caller went without an answer. */
  abortedMs?: number;
}

type Answer = (response: ServerResponse, call: Call) => void;

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();
const later =
  (ms: number): Answer =>
  (response) =>
    void setTimeout(() => response.end(), ms);
/** Wrong at an event's first attempt only. */
const firstTime =
  (wrong: Answer): Answer =>
  (response, call) =>
    call.number === 1 ? wrong(response, call) : void response.end();

/** What an event of this type is answered. */
const ANSWERS = {
  ok: status(200),
  never: () => undefined,
  'after-1-s': later(1_000),
  'late-once': firstTime(later(6_000)),
  'fails-once': firstTime(status(500)),
  'busy-once': firstTime(status(429, { 'retry-after': '1' })),
  'reset-once': firstTime((response) => response.destroy()),
  refused: status(422),
  moved: status(307, { location: '/elsewhere' }),
  'breaks-off': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"half":', () => response.destroy());
  },
  huge: (response) => {
    const more = () => {
      while (!response.destroyed && response.write(HUGE_CHUNK));
    };
    response.on('drain', more);
    more();
  },
} satisfies Record<string, Answer>;

export type Downstream = Awaited<ReturnType<typeof downstream>>;

/** A system that events are handed to by HTTP, which answers each as its type asks it to; while it is `away`, all with 503. */
export async function downstream() {
  const calls: Call[] = [];
  let away = false;
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { eventId, type } = posted.parse(await json(request));
    const number = calls.filter((call) => call.eventId === eventId).length + 1;
    const call: Call = { eventId, type, number, atMs: performance.now() };
    calls.push(call);
    response.on('close', () => {
      if (!response.writableEnded) call.abortedMs = performance.now();
    });
    const answer = z.enum(Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]).parse(type);
    (away ? status(503) : ANSWERS[answer])(response, call);
  }
  const server = createServer((request, response) => {
    take(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/events`,
    calls: (eventId: string): readonly Call[] => calls.filter((call) => call.eventId === eventId),
    count: () => calls.length,
    away(now: boolean) {
      away = now;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
