import { z } from 'zod';

/** Whom thresholds are for. */
export type Scope = 'default' | `ward:${string}` | `patient:${string}`;

export const DEFAULT_SCOPE = 'default';
export const wardScope = (ward: string): Scope => `ward:${ward}`;
export const patientScope = (patientId: string): Scope => `patient:${patientId}`;

/** As the table checks it. */
export const scopeSchema = z
  .string()
  .regex(/^(default|(ward|patient):[A-Za-z0-9][A-Za-z0-9_:-]{0,63})$/, 'must be default, ward:… or patient:…');

/** A scope as fields of a log line, in which a patient's id is hashed. */
export function loggedScope(scope: string): { scope: string; ward?: string; patientId?: string } {
  const [kind = '', ...rest] = scope.split(':');
  const id = rest.join(':');
  if (kind === 'ward') return { scope: kind, ward: id };
  return kind === 'patient' ? { scope: kind, patientId: id } : { scope: kind };
}
