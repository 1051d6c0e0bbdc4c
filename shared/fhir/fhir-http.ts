import type { ProblemForm } from '../http/problem-form.ts';
import { operationOutcome, outcomeOfProblem } from './operation-outcome.ts';

export const FHIR_TYPE = 'application/fhir+json';

/** How a FHIR client is told of a problem. */
export const fhirProblem = (resourceType: string): ProblemForm => ({
  name: 'OperationOutcome',
  type: FHIR_TYPE,
  schema: operationOutcome,
  render: (problem) => outcomeOfProblem(problem, resourceType),
});
