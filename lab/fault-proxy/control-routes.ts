import type { FaultProxy } from './fault-proxy.ts';
import { FaultProxyError } from './fault-proxy-error.ts';
import { parseToxic, parseToxics } from './toxics.ts';

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Methods, of a 405. */
  readonly allow?: string;
}

export interface Asked {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Reads the body as JSON. */
  json(): Promise<unknown>;
}

type Route = Readonly<Record<string, (asked: Asked) => Answer | Promise<Answer>>>;

const TOXIC_PATH = '/toxics/';

/** The control API without HTTP around it. Throws FaultProxyError for what is wrong with the request. */
export function controlRoutes(proxy: FaultProxy): (asked: Asked) => Promise<Answer> {
  const toxics: Route = {
    GET: () => ({ status: 200, body: proxy.toxics() }),
    PUT: async (asked) => ({ status: 200, body: proxy.setToxics(parseToxics(await asked.json())) }),
    async POST(asked) {
      const toxic = parseToxic(await asked.json());
      if (proxy.toxics().some(({ name }) => name === toxic.name)) {
        throw new FaultProxyError(
          'toxic_exists',
          `there is a toxic ${toxic.name}: give another name, or delete it first`,
        );
      }
      proxy.setToxics([...proxy.toxics(), toxic]);
      return { status: 201, body: toxic };
    },
  };
  const routes: Readonly<Record<string, Route>> = {
    '/toxics': toxics,
    '/journal': {
      GET: () => ({ status: 200, body: proxy.journal() }),
      DELETE() {
        proxy.clearJournal();
        return { status: 204 };
      },
    },
    '/journal/counters': { GET: () => ({ status: 200, body: proxy.counters() }) },
    '/connections': { GET: () => ({ status: 200, body: proxy.connections() }) },
    '/healthz': { GET: () => ({ status: 200, body: { status: 'ok', host: proxy.host, port: proxy.port } }) },
  };
  const oneToxic: Route = {
    DELETE({ path }) {
      const name = nameIn(path);
      const others = proxy.toxics().filter((toxic) => toxic.name !== name);
      if (others.length === proxy.toxics().length) throw new FaultProxyError('not_found', `there is no toxic ${name}`);
      proxy.setToxics(others);
      return { status: 204 };
    },
  };

  return async (asked) => {
    const route = asked.path.startsWith(TOXIC_PATH) ? oneToxic : ownRoute(routes, asked.path);
    if (route === undefined) {
      const known = [...Object.keys(routes), `${TOXIC_PATH}{name}`].join(', ');
      throw new FaultProxyError('not_found', `there is nothing at ${asked.path}; there is ${known}`);
    }
    const handle = Object.hasOwn(route, asked.method) ? route[asked.method] : undefined;
    return handle === undefined ? { status: 405, allow: Object.keys(route).join(', ') } : await handle(asked);
  };
}

function ownRoute(routes: Readonly<Record<string, Route>>, path: string): Route | undefined {
  return Object.hasOwn(routes, path) ? routes[path] : undefined;
}

function nameIn(path: string): string {
  try {
    return decodeURIComponent(path.slice(TOXIC_PATH.length));
  } catch (error) {
    throw new FaultProxyError('malformed_path', `${path} is not percent-encoded UTF-8`, { cause: error });
  }
}
