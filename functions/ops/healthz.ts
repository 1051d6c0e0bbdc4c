// Promise: answers 200 as long as the process can run a handler; asks nothing of any dependency.
import { httpHandler } from '../../shared/handlers.ts';

export const handler = httpHandler({
  name: 'healthz',
  stage: 'ops',
  method: 'GET',
  respond: async () => ({ status: 200, body: { status: 'alive' } }),
});
