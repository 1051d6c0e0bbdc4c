import type { z } from 'zod';

/** One thing that is wrong in data from outside. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const OWN_WORDS = /^(Invalid input: |Unrecognized keys?: )/;

/** Every fault of a schema's error, an unknown field at its own place and not at that of the object around it. */
export function faultsOf({ issues }: z.ZodError): Fault[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const message = OWN_WORDS.test(issue.message) ? 'there is no such field here' : issue.message;
      return issue.keys.map((key) => ({ path: [...issue.path, key], message }));
    }
    // Of a record's wrong key, why it is wrong.
    const messages = issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message) : [issue.message];
    return messages.map((message) => ({ path: issue.path, message: inWords(message) }));
  });
}

function inWords(message: string): string {
  if (message.endsWith('received undefined')) return 'is missing';
  return message.replace(OWN_WORDS, '');
}
