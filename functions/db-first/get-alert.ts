// Promise: answers with the alert as it is stored, the same bytes as its 201.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { eventIdSchema } from '../../shared/alerts/alert-message.ts';
import { findAlert } from '../../shared/alerts/alert-store.ts';
import { storedAlert } from '../../shared/alerts/stored-alert.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS, HttpError } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = httpHandler({
  name: 'get-alert',
  stage: 'db-first',
  method: 'GET',
  access: STAFF,
  path: z.object({ eventId: eventIdSchema }),
  answers: { 200: storedAlert },
  problems: ['alert_not_found', ...DATABASE_PROBLEMS],
  async respond({ path: { eventId }, ...trail }) {
    const alert = await findAlert(eventId, { database: database(), ...trail });
    if (!alert) throw new HttpError('alert_not_found', 'No alert is stored under this eventId.');
    return { status: 200, body: alert, logged: { eventId, patientId: alert.patientId } };
  },
});
