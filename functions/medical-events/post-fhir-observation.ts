// Promise: as POST /events, for an R4 Observation: 202 says that it is in the stream, as an event of its patient.
import { DEVICES } from '../../shared/access/principal.ts';
import { FHIR_TYPE, fhirProblem } from '../../shared/fhir/fhir-http.ts';
import { observationEvent } from '../../shared/fhir/observation.ts';
import { acceptedOutcome, operationOutcome } from '../../shared/fhir/operation-outcome.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { ACCEPT_PROBLEMS, acceptEvent } from '../../shared/medical-events/accept-events.ts';

export const handler = httpHandler({
  name: 'post-fhir-observation',
  stage: 'medical-events',
  method: 'POST',
  access: DEVICES,
  body: observationEvent,
  bodyTypes: [FHIR_TYPE, 'application/json'],
  answers: { 202: operationOutcome },
  answerType: FHIR_TYPE,
  problems: ACCEPT_PROBLEMS,
  problemForm: fhirProblem('Observation'),
  async respond({ body, traceparent, recordMetric }) {
    const eventId = await acceptEvent(body, { traceparent, recordMetric });
    return {
      status: 202,
      headers: { location: `/events/${eventId}` },
      body: acceptedOutcome(eventId),
      logged: { eventId },
    };
  },
});
