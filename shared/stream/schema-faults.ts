import type { z } from 'zod';

/** Enough to see what is wrong; a record of wrong members only would fill the log. */
const MAX_FAULTS = 5;

/** What is wrong with a message, in a sentence for its dead letter. */
export function schemaFaults(error: z.ZodError): string {
  const faults = error.issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => `${path.join('.') || 'the message'}: ${message}`);
  return `The message is not valid: ${faults.join('; ')}`;
}
