// Promise: every HTTP route that functions.yml has, with the schemas that check its requests.
import { z } from 'zod';
import { httpHandler } from '../../shared/handlers.ts';
import { OPENAPI_VERSION, openApiOf } from '../../shared/openapi/openapi.ts';
import { readRoutes } from '../../shared/openapi/read-routes.ts';

let document: Promise<object> | undefined;

export const handler = httpHandler({
  name: 'get-openapi',
  stage: 'ops',
  method: 'GET',
  access: 'public',
  answers: { 200: z.looseObject({ openapi: z.literal(OPENAPI_VERSION) }) },
  async respond() {
    document ??= readRoutes().then(openApiOf);
    return { status: 200, body: await document };
  },
});
