// Promise: who lies in a ward, with the newest stored reading of each kind and the thresholds that hold for them.
import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { topicLevelSchema } from '../../shared/mqtt/device-topic.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { DEFAULT_SCOPE, patientScope, wardScope } from '../../shared/vitals/threshold-scope.ts';
import { findThresholds } from '../../shared/vitals/threshold-store.ts';
import { bedsAnswer, toBeds } from '../../shared/vitals/ward-answer.ts';
import { readBeds } from '../../shared/vitals/ward-read-store.ts';

export const handler = httpHandler({
  name: 'list-beds',
  stage: 'vitals',
  method: 'GET',
  access: STAFF,
  path: z.object({ ward: topicLevelSchema }),
  answers: { 200: bedsAnswer },
  problems: DATABASE_PROBLEMS,
  async respond({ path: { ward }, recordMetric }) {
    const context = { database: database(), recordMetric };
    const rows = await readBeds(ward, context);
    const scopes = [DEFAULT_SCOPE, wardScope(ward), ...rows.map(({ patient_id }) => patientScope(patient_id))] as const;
    const body = toBeds(ward, rows, await findThresholds([...scopes], context));
    return { status: 200, body, logged: { ward, beds: body.beds.length } };
  },
});
