import { SignJWT } from 'jose';
import { config } from '../config.ts';
import type { AccessRole } from './principal.ts';
import { TOKEN_ALGORITHM, type TokenKeys } from './token-keys.ts';

/** Who a token is for, and for how long. */
export interface Bearer {
  /** A person's or a device's id. */
  sub: string;
  role: AccessRole;
  /** What the broker grants, in RabbitMQ's form: `heartline.read:%2F/amq.topic/…`, with spaces between. */
  scope?: string;
  expiresInS: number;
  /** When it is issued. */
  now?: Date;
}

/** Whom a token names as its writer, and whom as its reader. */
interface Parties {
  issuer: string;
  audience: string;
}

const MS_A_SECOND = 1_000;

/** A signed token (JWT, RFC 7519) for HTTP and for the broker alike. */
export async function mintToken(
  keys: TokenKeys,
  { sub, role, scope, expiresInS, now = new Date() }: Bearer,
  { issuer, audience }: Parties = config().access,
): Promise<string> {
  const issuedAtS = Math.floor(now.getTime() / MS_A_SECOND);
  return new SignJWT({ role, ...(scope !== undefined && { scope }) })
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid: keys.kid, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience([audience])
    .setSubject(sub)
    .setIssuedAt(issuedAtS)
    .setExpirationTime(issuedAtS + expiresInS)
    .sign(keys.signing);
}
