// Promise: the wards that monitors send from, by what was stored of the last hour.
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { toWards, wardsAnswer } from '../../shared/vitals/ward-answer.ts';
import { readWards } from '../../shared/vitals/ward-read-store.ts';

export const handler = httpHandler({
  name: 'list-wards',
  stage: 'vitals',
  method: 'GET',
  access: STAFF,
  answers: { 200: wardsAnswer },
  problems: DATABASE_PROBLEMS,
  async respond({ recordMetric }) {
    return { status: 200, body: toWards(await readWards({ database: database(), recordMetric })) };
  },
});
