// Promise: an alert answered with 201 is stored and queued for staff, both or neither; sent again, it changes nothing.
import { DEVICES } from '../../shared/access/principal.ts';
import { alertMessage } from '../../shared/alerts/alert-message.ts';
import { storeAlert } from '../../shared/alerts/alert-store.ts';
import { storedAlert } from '../../shared/alerts/stored-alert.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS, HttpError } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = httpHandler({
  name: 'ingest-alert',
  stage: 'db-first',
  method: 'POST',
  access: DEVICES,
  body: alertMessage,
  answers: { 200: storedAlert, 201: storedAlert },
  problems: ['event_conflict', ...DATABASE_PROBLEMS],
  async respond({ body, ...trail }) {
    const { outcome, alert } = await storeAlert(body, { database: database(), ...trail });
    if (outcome === 'different') {
      const faults = [{ path: 'eventId', message: 'was used before for an alert with another content' }];
      throw new HttpError('event_conflict', 'What was stored first stays.', { faults });
    }
    return {
      status: outcome === 'stored' ? 201 : 200,
      headers: { location: `/db-first/alerts/${alert.eventId}` },
      body: alert,
      logged: { outcome, eventId: alert.eventId, patientId: alert.patientId },
    };
  },
});
