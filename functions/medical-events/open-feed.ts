// Promise: once the connection is open, every change of status that is committed from now on is sent to it, or it is closed.
import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { idSchema } from '../../shared/alerts/alert-message.ts';
import { websocketHandler } from '../../shared/handlers.ts';
import { HttpError } from '../../shared/http/problem.ts';
import { MAX_FEEDS, openFeed } from '../../shared/medical-events/feed-store.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { ownEndpoint } from '../../shared/websocket/management-api.ts';

export const handler = websocketHandler({
  name: 'open-feed',
  stage: 'medical-events',
  on: 'CONNECT',
  access: STAFF,
  query: z.strictObject({ patientId: idSchema.optional() }),
  async respond({ connectionId, query: { patientId }, recordMetric }) {
    const feed = { connectionId, patientId, endpoint: ownEndpoint() };
    const isOpen = await openFeed(feed, { database: database(), recordMetric });
    if (!isOpen) throw new HttpError('too_many_feeds', `There may be ${MAX_FEEDS} at once.`);
    return { status: 200, logged: { connectionId, patientId } };
  },
});
