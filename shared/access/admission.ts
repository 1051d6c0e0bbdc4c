import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { config } from '../config.ts';
import { TransientError } from '../errors.ts';
import { HttpError } from '../http/problem.ts';
import { type Access, type AccessRole, type Principal, principalSchema } from './principal.ts';
import { type RateLimit, rateLimit } from './rate-limit.ts';

/** What is told whoever cannot be let in (RFC 6750, section 3.1): not which of all the reasons it was. */
const CHALLENGE = { nothing: 'Bearer', token: 'Bearer error="invalid_token"' };

interface Limits {
  of: Readonly<Record<AccessRole, RateLimit>>;
  /** Of an address whose tokens are refused. */
  refused: RateLimit;
}

let limits: Limits | undefined;
function processLimits(): Limits {
  if (limits === undefined) {
    const { device, staff, admin, refused } = config().access.requestsPerS;
    const [ofDevices, ofStaff, ofAdmins] = [rateLimit(device), rateLimit(staff), rateLimit(admin)];
    limits = {
      of: {
        device: ofDevices,
        nurse: ofStaff,
        'charge-nurse': ofStaff,
        doctor: ofStaff,
        technician: ofStaff,
        admin: ofAdmins,
      },
      refused: rateLimit(refused),
    };
  }
  return limits;
}

/** For tests that change the limits. */
export function forgetLimits(): void {
  limits = undefined;
}

function take(limit: RateLimit, caller: string): void {
  const waitS = limit.take(caller);
  if (waitS === 0) return;
  throw new HttpError('too_many_requests', 'Send them more slowly.', { headers: { 'retry-after': String(waitS) } });
}

/** What is known of a caller before its route is asked. */
interface Caller {
  /** What the authorizer said, as it came; undefined: there was none. */
  said: unknown;
  address: string;
}

const refusedSchema = z.object({ refused: z.enum(['nothing', 'token', 'unavailable']) });

/**
 * Whom a request is from. Without an authorizer before the route there is nobody.
 * @throws HttpError `unauthorized` unless it is public, `too_many_requests`
 * @throws TransientError when tokens cannot be verified now
 */
export function identified({ said, address }: Caller, access: Access): Principal | undefined {
  const { data: principal } = principalSchema.safeParse(said);
  if (access === 'public') return principal;
  if (principal === undefined) {
    const refused = refusedSchema.safeParse(said).data?.refused ?? 'nothing';
    if (refused === 'unavailable') throw new TransientError('keys_unavailable', 'Tokens cannot be verified now.');
    take(processLimits().refused, address);
    const headers = { 'www-authenticate': CHALLENGE[refused] };
    throw new HttpError('unauthorized', 'A valid token is needed.', { headers });
  }
  take(processLimits().of[principal.role], principal.id);
  return principal;
}

/** Of a request through an HTTP API (payload 2.0, a Lambda authorizer's context). */
export function callerOf(event: APIGatewayProxyEventV2): Caller {
  const context = event.requestContext as { authorizer?: { lambda?: unknown } } | undefined;
  return { said: context?.authorizer?.lambda, address: event.requestContext?.http?.sourceIp ?? '' };
}

/** @throws HttpError `role_forbidden` unless this route is for the caller's role */
export function requireRole(principal: Principal | undefined, access: Access): void {
  if (access === 'public' || (principal && access.includes(principal.role))) return;
  throw new HttpError('role_forbidden', 'Your role may not do this.');
}
