/** Enough to look up what happened, few enough for one line. */
const EXAMPLES = 5;

export interface Examples {
  readonly count: number;
  /** The first of those found. */
  readonly examples: readonly string[];
  /** `what`, and where. */
  readonly text: string;
}

/** How many were found, and the first of them by name. */
export function withExamples(what: string, found: readonly string[]): Examples {
  const examples = found.slice(0, EXAMPLES);
  const more = found.length > EXAMPLES ? ` and ${found.length - EXAMPLES} more` : '';
  return { count: found.length, examples, text: `${what}: ${examples.join(', ')}${more}` };
}
