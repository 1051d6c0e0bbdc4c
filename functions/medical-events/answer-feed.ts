// Promise: every frame is answered: a ping with a pong, which also keeps an idle connection open, anything else with a problem.
import { z } from 'zod';
import { websocketHandler } from '../../shared/handlers.ts';

export const handler = websocketHandler({
  name: 'answer-feed',
  stage: 'medical-events',
  on: 'MESSAGE',
  access: 'public',
  message: z.strictObject({ action: z.literal('ping', { error: 'must be "ping"' }) }),
  respond: async () => ({ status: 200, body: { action: 'pong' } }),
});
