// Promise: an alert as it is, each transition it has been through, and who had to be told.
import { STAFF } from '../../shared/access/principal.ts';
import { alertStory } from '../../shared/alert-desk/alert-story.ts';
import { findStory } from '../../shared/alert-desk/alert-story-store.ts';
import { alertPath } from '../../shared/alert-desk/command-route.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { etagOf } from '../../shared/http/if-match.ts';
import { DATABASE_PROBLEMS, HttpError } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = httpHandler({
  name: 'get-alert-story',
  stage: 'alerts',
  method: 'GET',
  access: STAFF,
  path: alertPath,
  answers: { 200: alertStory },
  problems: ['alert_not_found', ...DATABASE_PROBLEMS],
  async respond({ path: { alertId }, recordMetric }) {
    const story = await findStory(alertId, { database: database(), recordMetric });
    if (story === undefined) throw new HttpError('alert_not_found', 'Nothing has been heard of the alert.');
    return { status: 200, body: story, headers: { etag: etagOf(story.version) }, logged: { alertId } };
  },
});
