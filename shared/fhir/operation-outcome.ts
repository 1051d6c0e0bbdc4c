import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';
import { z } from 'zod';
import type { Problem, ProblemCode } from '../http/problem.ts';

/** FHIR R4, value set issue-type. */
const ISSUE_TYPES: Partial<Record<ProblemCode, OperationOutcomeIssue['code']>> = {
  malformed_json: 'structure',
  validation_failed: 'invalid',
  event_conflict: 'conflict',
  clock_skew: 'business-rule',
  body_too_large: 'too-long',
  unsupported_media_type: 'not-supported',
  method_not_allowed: 'not-supported',
  timed_out: 'timeout',
  internal_error: 'exception',
};
const UNAVAILABLE = 503;

/** What this system says in one. */
export const operationOutcome = z.strictObject({
  resourceType: z.literal('OperationOutcome'),
  issue: z
    .array(
      z.strictObject({
        severity: z.enum(['error', 'information']),
        code: z.string(),
        details: z
          .strictObject({
            coding: z.array(z.strictObject({ system: z.literal('urn:heartline:problem'), code: z.string() })),
            text: z.string(),
          })
          .optional(),
        diagnostics: z.string(),
        expression: z.array(z.string()).optional(),
      }),
    )
    .min(1),
});

/** A problem in FHIR's words: one issue a fault, by the FHIRPath of its element. */
export function outcomeOfProblem(
  { status, code, title, detail, errors }: Problem,
  resourceType = '',
): OperationOutcome {
  const issue = (more: Partial<OperationOutcomeIssue>): OperationOutcomeIssue => ({
    severity: 'error',
    code: ISSUE_TYPES[code as ProblemCode] ?? (status === UNAVAILABLE ? 'transient' : 'processing'),
    details: { coding: [{ system: 'urn:heartline:problem', code }], text: title },
    ...more,
  });
  const faults = errors.map(({ path, message }) =>
    issue({ diagnostics: message, expression: [[resourceType, fhirPath(path)].filter(Boolean).join('.')] }),
  );
  return { resourceType: 'OperationOutcome', issue: faults.length > 0 ? faults : [issue({ diagnostics: detail })] };
}

/** `code.coding.0.system` as `code.coding[0].system`. */
const fhirPath = (path: string): string => path.replace(/\.(\d+)(?=\.|$)/g, '[$1]');

/** What a client is told of an event that was accepted. */
export const acceptedOutcome = (eventId: string): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'information', code: 'informational', diagnostics: `queued as event ${eventId}` }],
});
