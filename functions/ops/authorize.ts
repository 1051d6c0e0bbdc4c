// Promise: a request is let through with the principal that its token proves, or with none.
import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { type AuthorizerContext, authorizeCaller } from '../../shared/access/authorize-caller.ts';
import { bearerToken } from '../../shared/access/bearer-token.ts';

type Authorized = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>;

/** Lambda authorizer of the HTTP API (payload 2.0, simple responses). Who is nobody is refused by the route, in its own form. */
export const handler = async ({ headers }: APIGatewayRequestAuthorizerEventV2): Promise<Authorized> => ({
  isAuthorized: true,
  context: await authorizeCaller(bearerToken(headers), { name: 'authorize' }),
});
