// Promise: each Observation of a batch Bundle has its own response, as if it had come alone, in their order.

import type { Bundle, BundleEntry } from '@medplum/fhirtypes';
import { DEVICES } from '../../shared/access/principal.ts';
import { HeartlineError } from '../../shared/errors.ts';
import { batchResponse, observationsOf, readBundle } from '../../shared/fhir/bundle.ts';
import { FHIR_TYPE, fhirProblem } from '../../shared/fhir/fhir-http.ts';
import { acceptedOutcome, outcomeOfProblem } from '../../shared/fhir/operation-outcome.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { readJsonBody } from '../../shared/http/json-body.ts';
import { DATABASE_PROBLEMS, problemOf } from '../../shared/http/problem.ts';
import { acceptEach } from '../../shared/medical-events/accept-events.ts';

const MAX_BYTES = 4 * 1024 * 1024;

function entryOf(accepted: string | HeartlineError): BundleEntry {
  if (typeof accepted === 'string') {
    return {
      response: { status: '202 Accepted', location: `/events/${accepted}`, outcome: acceptedOutcome(accepted) },
    };
  }
  const { problem } = problemOf(accepted);
  return {
    response: { status: `${problem.status} ${problem.title}`, outcome: outcomeOfProblem(problem, 'Observation') },
  };
}

export const handler = httpHandler({
  name: 'post-fhir-bundle',
  stage: 'medical-events',
  method: 'POST',
  access: DEVICES,
  readBody: (event) => readJsonBody(event, MAX_BYTES),
  body: readBundle,
  bodyTypes: [FHIR_TYPE, 'application/json'],
  answers: { 200: batchResponse },
  answerType: FHIR_TYPE,
  problems: DATABASE_PROBLEMS,
  problemForm: fhirProblem('Bundle'),
  async respond({ body, traceparent, recordMetric }) {
    const accepted = await acceptEach(observationsOf(body), { traceparent, recordMetric });
    const failed = accepted.filter((one) => one instanceof HeartlineError).length;
    const answer: Bundle = { resourceType: 'Bundle', type: 'batch-response', entry: accepted.map(entryOf) };
    return {
      status: 200,
      body: answer,
      logged: { accepted: accepted.length - failed, failed },
    };
  },
});
