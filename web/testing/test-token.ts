import type { AccessRole } from '../../shared/access/principal.ts';

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const HOUR_S = 3_600;
const MS_PER_S = 1_000;

interface Claims {
  readonly role?: AccessRole;
  readonly name?: string;
  readonly expiresInS?: number;
}

/** A token's form, signed by nobody: for a broker and a server that were told to take it. */
export function testToken(id: string, { role = 'nurse', name, expiresInS = HOUR_S }: Claims = {}): string {
  const exp = Math.floor(Date.now() / MS_PER_S) + expiresInS;
  return `${encoded({ alg: 'ES256', kid: 'test' })}.${encoded({ iss: 'test', aud: ['heartline'], sub: id, role, name, exp })}.c2ln`;
}
