import { ACCESS_ROLES, type AccessRole } from '../../../shared/access/principal.ts';

/** Who is at the station, as the token says. The station shows it; who may do what, the server decides. */
export interface Session {
  readonly token: string;
  readonly id: string;
  readonly name: string;
  readonly role: AccessRole;
  /** Epoch ms; after that the server takes the token no more. */
  readonly expiresAtMs: number;
}

export type TokenFault = 'unreadable' | 'not_for_people' | 'expired';

const MS_PER_S = 1_000;

/** Reads a token's claims; its signature only the server can check. */
export function readToken(text: string, nowMs: number): Session | TokenFault {
  const token = text.trim();
  const claims = claimsOf(token);
  if (claims === undefined) return 'unreadable';
  const { sub: id, role, exp, name } = claims;
  if (typeof id !== 'string' || typeof exp !== 'number' || !isAccessRole(role)) return 'unreadable';
  if (role === 'device') return 'not_for_people';
  const expiresAtMs = exp * MS_PER_S;
  if (expiresAtMs <= nowMs) return 'expired';
  return { token, id, role, expiresAtMs, name: typeof name === 'string' ? name : id };
}

const isAccessRole = (role: unknown): role is AccessRole => ACCESS_ROLES.some((one) => one === role);

function claimsOf(token: string): Record<string, unknown> | undefined {
  const [, body] = token.split('.');
  if (body === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
  } catch {
    return undefined; // no token of ours, whatever it is
  }
}

/** The token in an address as `npm start` prints it (`#token=…`); what stands after the sign never leaves the browser. */
export const tokenInHash = (hash: string): string | undefined => /^#token=([^&]+)/.exec(hash)?.[1];
