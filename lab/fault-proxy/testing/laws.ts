import fc from 'fast-check';

/** Checks a law on generated cases. */
export type Check = (parameters: { seed: number; numRuns: number }) => { failed: boolean; report: string | undefined };

export function lawOf<Case>(property: fc.IProperty<Case>): Check {
  return (parameters) => {
    const result = fc.check(property, parameters);
    return { failed: result.failed, report: fc.defaultReportMessage(result) };
  };
}
