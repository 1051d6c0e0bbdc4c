// Every route of serverless.yml passes the authorizer: a list of routes that do would one day miss one.
import type { Serverless } from '../triggers/serverless-types.ts';
import { guardHttp } from './guard.ts';

/** In provider.httpApi.authorizers of serverless.yml. */
const AUTHORIZER = { name: 'authorize' };

type Event = Record<string, unknown>;

/** As the framework has both forms: `GET /path`, or an object. */
function authorized(httpApi: unknown): unknown {
  if (typeof httpApi !== 'string') return { authorizer: AUTHORIZER, ...(httpApi as object) };
  const [method, path] = httpApi.split(' ');
  return { method, path, authorizer: AUTHORIZER };
}

export default class AuthorizerPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor(serverless: Serverless) {
    this.hooks = {
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
