// Promise: nothing more is queued for a connection that has ended; one that ends without a word is found out at the next push.
import { websocketHandler } from '../../shared/handlers.ts';
import { closeFeeds } from '../../shared/medical-events/feed-store.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = websocketHandler({
  name: 'close-feed',
  stage: 'medical-events',
  on: 'DISCONNECT',
  access: 'public',
  async respond({ connectionId, recordMetric }) {
    await closeFeeds([connectionId], { database: database(), recordMetric });
    return { status: 200, logged: { connectionId } };
  },
});
