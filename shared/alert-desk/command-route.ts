import { z } from 'zod';
import { STAFF } from '../access/principal.ts';
import { type HttpHandler, httpHandler } from '../http/http-handler.ts';
import { etagOf, expectedBy } from '../http/if-match.ts';
import { DATABASE_PROBLEMS, HttpError, type ProblemCode } from '../http/problem.ts';
import { database } from '../postgres/process-database.ts';
import { idempotencyKey, idempotencyKeyHeader, KEY_PROBLEMS } from '../purchase/idempotency-key.ts';
import { obeyCommand } from './alert-desk-store.ts';
import { alertItem } from './alert-item.ts';
import { COMMAND_BODIES, type CommandBody } from './command-body.ts';
import { REFUSALS, type Refusal } from './desk-input.ts';
import type { CommandName } from './roles.ts';

export const alertPath = z.object({ alertId: z.uuid().toLowerCase() });

const CODES = {
  alert_not_found: 'alert_not_found',
  alert_closed: 'alert_closed',
  alert_resolved: 'alert_resolved',
  role_forbidden: 'role_forbidden',
  version_conflict: 'version_conflict',
  key_reused: 'idempotency_key_reused',
  already_quiet: 'already_quiet',
  accepted_by_another: 'accepted_by_another',
  no_next_role: 'no_next_role',
  not_in_chain: 'not_in_chain',
} as const satisfies Record<Refusal, ProblemCode>;

const versionHeader = z
  .string()
  .regex(/^"\d{1,9}"$/)
  .describe("the alert's ETag: the version that the caller has seen");

/** @throws HttpError `version_required`; `version_conflict`: no version of ours */
function versionSeen(ifMatch: string | undefined): number {
  const { versions } = expectedBy(ifMatch);
  if (versions === null || versions.length > 1) {
    throw new HttpError(
      'version_required',
      'Send the version that you have seen: If-Match with the ETag of the alert.',
    );
  }
  const [version] = versions;
  if (version === undefined) throw refusedFor('version_conflict');
  return version;
}

function refusedFor(code: Refusal): HttpError {
  const said = REFUSALS[code];
  return new HttpError(CODES[code], `${said.charAt(0).toUpperCase()}${said.slice(1)}.`);
}

/** `POST /alerts/{alertId}/{command}`: what one of staff says of an alert whose version they have seen, once for its key. */
export function commandRoute(type: CommandName): HttpHandler {
  return httpHandler({
    name: `${type}-alert`,
    stage: 'alerts',
    method: 'POST',
    access: STAFF,
    path: alertPath,
    body: COMMAND_BODIES[type] as z.ZodType<CommandBody>,
    requiredHeaders: { 'if-match': versionHeader, 'idempotency-key': idempotencyKeyHeader },
    answers: { 200: alertItem },
    problems: [...Object.values(CODES), 'version_required', ...KEY_PROBLEMS, ...DATABASE_PROBLEMS],
    async respond({ principal, path: { alertId }, body: { why, to }, headers, recordMetric }) {
      const who = { id: principal?.id ?? '', role: principal?.role ?? '' };
      const said = {
        type,
        who,
        why,
        to,
        key: idempotencyKey(headers),
        expectedVersion: versionSeen(headers['if-match']),
      };
      const answer = await obeyCommand(alertId, said, { database: database(), recordMetric });
      if (!answer.ok) throw refusedFor(answer.code);
      const { item } = answer;
      return {
        status: 200,
        headers: { etag: etagOf(item.version) },
        body: item,
        logged: { alertId, command: type, by: who.role, version: item.version },
      };
    },
  });
}
