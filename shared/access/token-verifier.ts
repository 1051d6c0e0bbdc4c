import { hash } from 'node:crypto';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { TransientError } from '../errors.ts';
import { type Principal, principalSchema } from './principal.ts';

/** Signatures with a public key only: what is signed with a shared secret, or not at all, is refused before anything is looked at. */
const ALGORITHMS = ['ES256', 'RS256'];
/** What two clocks of one hospital may differ by. */
const CLOCK_TOLERANCE_S = 5;
/** API Gateway's limit of all headers is 10 KiB; ours are some 400 characters. */
const MAX_TOKEN_CHARACTERS = 4_096;
/** Who is on shift and every gateway; an entry is some 200 bytes. */
const REMEMBERED_MAX = 10_000;
/** So long a token is good whose key was taken away: as long as keys that were fetched. */
const REMEMBERED_FOR_MS = 300_000;
const MS_A_SECOND = 1_000;

/** Why a token is refused: for the log and a metric, never for the caller. */
export type Refusal =
  | 'malformed'
  | 'algorithm'
  | 'signature'
  | 'expired'
  | 'not-yet'
  | 'issuer'
  | 'audience'
  | 'claims';
export type Verdict = { principal: Principal } | { refusal: Refusal };

interface VerifierOptions {
  keys: JWTVerifyGetKey;
  issuer: string;
  audience: string;
  /** In milliseconds since 1970. */
  now?: () => number;
}

const OF_CLAIM: Readonly<Record<string, Refusal>> = { iss: 'issuer', aud: 'audience', nbf: 'not-yet' };

/** @throws TransientError `keys_unavailable`: whether the token is good is not known */
function refusalOf(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === 'check_failed' ? (OF_CLAIM[error.claim] ?? 'claims') : 'claims';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return 'signature';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'malformed';
  // A header may ask for what nobody does, such as an extension that must be understood.
  if (error instanceof errors.JOSENotSupported) return 'malformed';
  throw new TransientError('keys_unavailable', 'The keys that tokens are verified with are not there.', {
    cause: error,
  });
}

/**
 * Tells who a token's bearer is. A token is verified once and remembered by its hash, until it expires or five minutes have
 * passed: a request costs the hash.
 */
export function tokenVerifier({ keys, issuer, audience, now = Date.now }: VerifierOptions) {
  const remembered = new Map<string, { principal: Principal; untilMs: number }>();

  function remember(key: string, principal: Principal, expiresAtMs: number): void {
    const [oldest] = remembered.keys();
    if (remembered.size >= REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    remembered.set(key, { principal, untilMs: Math.min(expiresAtMs, now() + REMEMBERED_FOR_MS) });
  }

  return async function verify(token: string): Promise<Verdict> {
    if (token.length > MAX_TOKEN_CHARACTERS) return { refusal: 'malformed' };
    const key = hash('sha256', token, 'base64');
    const known = remembered.get(key);
    if (known !== undefined && now() < known.untilMs) return { principal: known.principal };
    remembered.delete(key);
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(now()),
        requiredClaims: ['exp', 'sub', 'role'],
      });
      const bearer = principalSchema.safeParse({ id: payload.sub, role: payload['role'] });
      if (!bearer.success) return { refusal: 'claims' };
      remember(key, bearer.data, (payload.exp ?? 0) * MS_A_SECOND);
      return { principal: bearer.data };
    } catch (error) {
      return { refusal: refusalOf(error) };
    }
  };
}
