// How serverless offline asks the authorizer here (its customAuthenticationProvider): the function itself, with API Gateway's event.
// Its own way is a whole invocation more for each request, which costs a fifth of all that one process can answer.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult as Authorized,
} from 'aws-lambda';

type Authorize = (
  event: Pick<APIGatewayRequestAuthorizerEventV2, 'version' | 'type' | 'routeKey' | 'rawPath' | 'headers'>,
) => Promise<Authorized<object>>;

let authorize: Authorize | undefined;

/**
 * Loads the function that every request is asked about.
 * @param handler as in functions.yml: a file without its ending, and an export
 */
export async function useAuthorizer(serviceFolder: string, handler: string): Promise<void> {
  const at = handler.lastIndexOf('.');
  const file = pathToFileURL(join(serviceFolder, `${handler.slice(0, at)}.ts`)).href;
  const module = (await import(file)) as Record<string, Authorize | undefined>;
  authorize = module[handler.slice(at + 1)];
  if (authorize === undefined) throw new TypeError(`${handler} is not exported`);
}

/** What is used of hapi, which serverless offline serves with. */
interface HapiRequest {
  readonly path: string;
  readonly raw: { readonly req: IncomingMessage };
}
interface HapiToolkit {
  authenticated(known: { credentials: { context: object } }): unknown;
}

async function contextOf({ path, raw }: HapiRequest, routeKey: string): Promise<object> {
  const headers = raw.req.headers as Record<string, string>;
  const result = await authorize?.({ version: '2.0', type: 'REQUEST', routeKey, rawPath: path, headers });
  // A no is nobody, too: the route answers in its own form.
  return result?.isAuthorized ? result.context : {};
}

/** One strategy a route; hapi wants a name of its own for each. */
function strategyOf(_endpoint: unknown, functionKey: string, method: string, path: string) {
  const routeKey = `${method} ${path}`;
  const name = `${functionKey} ${routeKey} ${randomUUID()}`;
  return {
    name,
    scheme: name,
    getAuthenticateFunction: () => ({
      async authenticate(request: HapiRequest, h: HapiToolkit) {
        // Whatever it fails by is in its own log; nobody is let in.
        const context = await contextOf(request, routeKey).catch(() => ({}));
        return h.authenticated({ credentials: { context } });
      },
    }),
  };
}

// serverless offline requires the file, and calls what it gets.
export { strategyOf as 'module.exports' };
