// Every route of serverless.yml passes the authorizer: a list of routes that do would one day miss one.
import { fileURLToPath } from 'node:url';
import type { Serverless } from '../triggers/serverless-types.ts';
import { useAuthorizer } from './authorizer-strategy.ts';
import { guardHttp } from './guard.ts';

/** In provider.httpApi.authorizers of serverless.yml. */
const AUTHORIZER = { name: 'authorize' };

/** A path, as serverless offline wants it. */
const STRATEGY = fileURLToPath(new URL('./authorizer-strategy.ts', import.meta.url));

interface OfflineService extends Serverless {
  readonly serviceDir: string;
  readonly service: Serverless['service'] & { custom?: Readonly<Record<string, unknown>> };
}

type Event = Record<string, unknown>;

/** As the framework has both forms: `GET /path`, or an object. */
function authorized(httpApi: unknown): unknown {
  if (typeof httpApi !== 'string') return { authorizer: AUTHORIZER, ...(httpApi as object) };
  const [method, path] = httpApi.split(' ');
  return { method, path, authorizer: AUTHORIZER };
}

export default class AuthorizerPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor(serverless: OfflineService) {
    this.hooks = {
      'before:offline:start:init': async () => {
        const { handler } = serverless.service.getFunction(AUTHORIZER.name);
        if (handler === undefined) throw new TypeError(`${AUTHORIZER.name} has no handler`);
        await useAuthorizer(serverless.serviceDir, handler);
        serverless.service.custom = {
          ...serverless.service.custom,
          offline: { customAuthenticationProvider: STRATEGY },
        };
      },
      initialize: async () => {
        guardHttp();
        const events = serverless.service
          .getAllFunctions()
          .flatMap((name) => (serverless.service.getAllEventsInFunction(name) ?? []) as readonly Event[]);
        for (const event of events) {
          if (event['httpApi'] !== undefined) event['httpApi'] = authorized(event['httpApi']);
        }
      },
    };
  }
}
