// Promise: the thresholds that are set for a patient, with their version; with `effective=true` what holds, and where each kind's come from.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { etagOf } from '../../shared/http/if-match.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { topicLevelSchema } from '../../shared/mqtt/device-topic.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { storedThresholds } from '../../shared/vitals/threshold-document.ts';
import { effectiveThresholds, heldBy, scopesOf } from '../../shared/vitals/threshold-layers.ts';
import { notSet, PATIENT_OF } from '../../shared/vitals/threshold-routes.ts';
import { patientScope } from '../../shared/vitals/threshold-scope.ts';
import { findThresholds } from '../../shared/vitals/threshold-store.ts';

export const handler = httpHandler({
  name: 'get-patient-thresholds',
  stage: 'vitals',
  method: 'GET',
  access: STAFF,
  otherMethods: ['PUT', 'DELETE'],
  path: PATIENT_OF.path,
  query: z.strictObject({
    effective: z.enum(['true', 'false']).default('false'),
    ward: topicLevelSchema.describe('the patient’s, for what holds').optional(),
  }),
  answers: { 200: z.union([storedThresholds, effectiveThresholds]) },
  problems: ['thresholds_not_found', ...DATABASE_PROBLEMS],
  async respond({ path: { patientId }, query: { effective, ward }, recordMetric }) {
    const context = { database: database(), recordMetric };
    if (effective === 'true') {
      const set = await findThresholds(scopesOf(patientId, ward), context);
      return { status: 200, body: heldBy(patientId, ward, set), logged: { patientId, effective } };
    }
    const [stored] = await findThresholds([patientScope(patientId)], context);
    if (stored === undefined) throw notSet();
    return { status: 200, body: stored, headers: { etag: etagOf(stored.version) }, logged: { patientId } };
  },
});
