// Promise: a feed's handshake is let through with the principal that its token proves, or with none.
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { authorizeCaller } from '../../shared/access/authorize-caller.ts';
import { bearerToken } from '../../shared/access/bearer-token.ts';

/** A browser's WebSocket cannot send a header of its own, so the token may stand in the query (RFC 6750, section 2.3). */
const PARAMETER = 'access_token';

type HandshakeEvent = Pick<APIGatewayRequestAuthorizerEvent, 'headers' | 'queryStringParameters' | 'methodArn'>;

/** Lambda authorizer of the WebSocket API (a policy: it has no simple responses). Who is nobody is refused by $connect. */
export const handler = async (event: HandshakeEvent): Promise<APIGatewayAuthorizerResult> => {
  const inQuery = event.queryStringParameters?.[PARAMETER];
  const shown = inQuery === undefined ? bearerToken(event.headers) : { token: inQuery };
  const context = await authorizeCaller(shown, { name: 'authorize-feed' });
  return {
    principalId: 'id' in context ? context.id : 'nobody',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
    },
    context: { ...context },
  };
};
