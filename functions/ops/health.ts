// Promise: answers 200 as long as the process can run a handler, and says which service this is.
import { z } from 'zod';
import { httpHandler } from '../../shared/handlers.ts';

export const handler = httpHandler({
  name: 'health',
  stage: 'ops',
  method: 'GET',
  access: 'public',
  answers: { 200: z.strictObject({ status: z.literal('ok'), service: z.literal('heartline') }) },
  respond: async () => ({ status: 200, body: { status: 'ok', service: 'heartline' } }),
});
