import type { Problem } from '../http/problem.ts';
import { outcomeOfProblem } from './operation-outcome.ts';

export const FHIR_TYPE = 'application/fhir+json';

/** How a FHIR client is told of a problem. */
export const fhirProblem =
  (resourceType: string) =>
  (problem: Problem): { type: string; body: object } => ({
    type: FHIR_TYPE,
    body: outcomeOfProblem(problem, resourceType),
  });
