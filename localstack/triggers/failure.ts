import type { Failure } from './event-source.ts';

/** A dead letter explains a failure, it does not archive a stack dump. */
const MESSAGE_LENGTH_MAX = 2_000;
const CODE_LENGTH_MAX = 200;

/** jsonb refuses U+0000, and a lone surrogate is no UTF-8: either would make the dead letter itself unstorable. */
function storable(text: string, lengthMax: number): string {
  const clipped = text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
  return clipped.replaceAll('\u0000', '\uFFFD').toWellFormed();
}

function textField(value: unknown, field: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, field);
  if (typeof found === 'string' && found !== '') return found;
  return typeof found === 'number' ? String(found) : undefined;
}

function isRetriable(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && Reflect.get(thrown, 'retriable') === true;
}

/** What an item of a batch response says of its record; unlike what is thrown, it is about that one alone. */
export function itemFailureOf(error: unknown): Failure {
  const isPermanent = typeof error === 'object' && error !== null && Reflect.get(error, 'retriable') === false;
  return isPermanent ? { ...failureOf(error), permanent: true } : failureOf(error);
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    // A cyclic or hostile value still has a type to report.
    return `a thrown ${typeof thrown} that is not JSON`;
  }
}

/** Makes a storable {@link Failure} of whatever was thrown: its `code` and `name` where it has them. Never throws. */
export function failureOf(thrown: unknown): Failure {
  try {
    const name = textField(thrown, 'name') ?? 'Error';
    return {
      ...(isRetriable(thrown) ? { retriable: true } : {}),
      code: storable(textField(thrown, 'code') ?? name, CODE_LENGTH_MAX),
      name: storable(name, CODE_LENGTH_MAX),
      message: storable(textField(thrown, 'message') ?? describe(thrown), MESSAGE_LENGTH_MAX),
    };
  } catch (accessError) {
    // A getter or a proxy that throws while it is looked at.
    return { code: 'Error', name: 'Error', message: `an error that cannot be read: ${typeof accessError}` };
  }
}
