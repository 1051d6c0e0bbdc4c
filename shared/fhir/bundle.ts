import type { Bundle } from '@medplum/fhirtypes';
import { z } from 'zod';
import type { HeartlineError } from '../errors.ts';
import { HttpError } from '../http/problem.ts';
import { jsonSchemaOf } from '../json-schema.ts';
import { type EventOrError, readEach } from '../medical-events/accept-events.ts';
import { observationEvent } from './observation.ts';
import { operationOutcome } from './operation-outcome.ts';

const MAX_ENTRIES = 1_000;
const ENTRIES = `must be 1 to ${MAX_ENTRIES} entries`;

/** A batch: its entries are independent of each other. A transaction would have to be all or none, which a stream cannot promise. */
export const readBundle = z.looseObject({
  resourceType: z.literal('Bundle', 'must be Bundle'),
  type: z.literal('batch' satisfies Bundle['type'], 'must be batch: entries are accepted each by itself'),
  entry: z
    .array(
      z.looseObject({
        resource: z.unknown().meta({
          description: 'What is no Observation as POST /fhir/Observation takes it has its own problem in the answer',
          anyOf: [jsonSchemaOf(observationEvent), {}],
        }),
        request: z.looseObject({ method: z.string(), url: z.string() }).optional(),
      }),
    )
    .min(1, ENTRIES)
    .max(MAX_ENTRIES, ENTRIES),
});

/** What a batch is answered with: of each entry its response, in their order. */
export const batchResponse = z.strictObject({
  resourceType: z.literal('Bundle'),
  type: z.literal('batch-response'),
  entry: z.array(
    z.strictObject({
      response: z.strictObject({ status: z.string(), location: z.string().optional(), outcome: operationOutcome }),
    }),
  ),
});
type ReadBundle = z.output<typeof readBundle>;

const OBSERVATION_URL = /^\/?Observation$/;

/** The event of each entry, or why there is none. */
export const observationsOf = ({ entry }: ReadBundle): EventOrError[] =>
  entry.map(({ resource, request }) => {
    const isCreate = request === undefined || (request.method === 'POST' && OBSERVATION_URL.test(request.url));
    return isCreate ? readEach(observationEvent, { value: resource }) : unsupported(request.method, request.url);
  });

const unsupported = (method: string, url: string): HeartlineError =>
  new HttpError(
    'method_not_allowed',
    `Only POST Observation is done here, not ${method.slice(0, 20)} ${url.slice(0, 100)}.`,
  );
