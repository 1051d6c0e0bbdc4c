// Promise: answers 200 as long as the process can run a handler; asks nothing of any dependency.
import { z } from 'zod';
import { httpHandler } from '../../shared/handlers.ts';

export const handler = httpHandler({
  name: 'healthz',
  stage: 'ops',
  method: 'GET',
  access: 'public',
  answers: { 200: z.strictObject({ status: z.literal('alive') }) },
  respond: async () => ({ status: 200, body: { status: 'alive' } }),
});
