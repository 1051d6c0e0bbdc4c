import type { z } from 'zod';
import { type Problem, problemSchema } from './problem.ts';

/** How problems are told to a kind of client. */
export interface ProblemForm {
  /** Its name in the document of the routes. */
  name: string;
  /** Media type. */
  type: string;
  schema: z.ZodType;
  render(problem: Problem): object;
}

export const problemJson: ProblemForm = {
  name: 'Problem',
  type: 'application/problem+json',
  schema: problemSchema,
  render: (problem) => problem,
};
