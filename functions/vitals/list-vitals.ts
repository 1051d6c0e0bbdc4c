// Promise: a patient's readings of the last 24 hours as they were measured, or of each so many seconds together; paging shows each once.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { topicLevelSchema } from '../../shared/mqtt/device-topic.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { bucketsAnswer, readingsAnswer, vitalsAnswer } from '../../shared/vitals/vitals-answer.ts';
import { questionOf, vitalsQuery } from '../../shared/vitals/vitals-query.ts';
import { readBuckets, readReadings } from '../../shared/vitals/vitals-read-store.ts';

/** About 1 MB of JSON. */
const MAX_PAGE = 10_000;

export const handler = httpHandler({
  name: 'list-vitals',
  stage: 'vitals',
  method: 'GET',
  access: STAFF,
  path: z.object({ patientId: topicLevelSchema }),
  query: vitalsQuery,
  answers: { 200: vitalsAnswer },
  problems: DATABASE_PROBLEMS,
  async respond({ path: { patientId }, query, recordMetric }) {
    const question = questionOf(patientId, query, Date.now());
    const { resolutionS } = question;
    const context = { database: database(), recordMetric };
    // One more than a page tells whether there is another, and where it begins.
    const limit = MAX_PAGE + 1;
    const body =
      resolutionS === undefined
        ? readingsAnswer(question, await readReadings(question, limit, context), MAX_PAGE)
        : bucketsAnswer(question, resolutionS, await readBuckets(question, resolutionS, limit, context), MAX_PAGE);
    const points = body.series.reduce((sum, { points }) => sum + points.length, 0);
    return { status: 200, body, logged: { patientId, points } };
  },
});
