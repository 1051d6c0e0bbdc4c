// Promise: each event of the request has its own outcome, as if it had come alone, in their order; 202 only if all were accepted.

import { z } from 'zod';
import { DEVICES } from '../../shared/access/principal.ts';
import { HeartlineError } from '../../shared/errors.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { type ListItem, NDJSON_TYPE, readJsonList } from '../../shared/http/json-body.ts';
import { DATABASE_PROBLEMS, problemOf, problemSchema } from '../../shared/http/problem.ts';
import { jsonSchemaOf } from '../../shared/json-schema.ts';
import { acceptEach, readEach } from '../../shared/medical-events/accept-events.ts';
import { medicalEventBody, medicalEventId } from '../../shared/medical-events/event-message.ts';

const ACCEPTED = 202;
/** RFC 4918, section 11.1. */
const MULTI_STATUS = 207;
const MAX_EVENTS = 1_000;
/** Below what Lambda takes, 6 MB. */
const MAX_BYTES = 4 * 1024 * 1024;

const items = z
  .custom<ListItem[]>()
  .refine((list) => list.length >= 1 && list.length <= MAX_EVENTS, `must be 1 to ${MAX_EVENTS} events`)
  .meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_EVENTS,
    items: {
      description: 'What is no event has its own problem in the answer',
      anyOf: [jsonSchemaOf(medicalEventBody), {}],
    },
  });

const answer = z.strictObject({
  accepted: z.int(),
  failed: z.int(),
  outcomes: z.array(z.union([z.strictObject({ status: z.literal(ACCEPTED), eventId: medicalEventId }), problemSchema])),
});

function outcomeOf(accepted: string | HeartlineError): { status: number } {
  const queued = { status: ACCEPTED, eventId: accepted };
  return accepted instanceof HeartlineError ? problemOf(accepted).problem : queued;
}

export const handler = httpHandler({
  name: 'post-events',
  stage: 'medical-events',
  method: 'POST',
  access: DEVICES,
  readBody: (event) => readJsonList(event, MAX_BYTES),
  body: items,
  bodyTypes: ['application/json', NDJSON_TYPE],
  answers: { [ACCEPTED]: answer, [MULTI_STATUS]: answer },
  problems: DATABASE_PROBLEMS,
  async respond({ body, traceparent, recordMetric }) {
    const events = body.map((item) => readEach(medicalEventBody, item));
    const outcomes = (await acceptEach(events, { traceparent, recordMetric })).map(outcomeOf);
    const failed = outcomes.filter(({ status }) => status !== ACCEPTED).length;
    return {
      status: failed === 0 ? ACCEPTED : MULTI_STATUS,
      body: { accepted: outcomes.length - failed, failed, outcomes },
      logged: { accepted: outcomes.length - failed, failed },
    };
  },
});
