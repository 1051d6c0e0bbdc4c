import { z } from 'zod';
import { type Principal, STAFF, THRESHOLD_SETTERS } from '../access/principal.ts';
import { type HttpHandler, httpHandler } from '../http/http-handler.ts';
import { etagOf, expectedBy } from '../http/if-match.ts';
import { DATABASE_PROBLEMS, HttpError } from '../http/problem.ts';
import { topicLevelSchema } from '../mqtt/device-topic.ts';
import { database } from '../postgres/process-database.ts';
import { changeFields, checkedThresholds, storedThresholds, thresholdsBody } from './threshold-document.ts';
import { DEFAULT_SCOPE, loggedScope, patientScope, type Scope, wardScope } from './threshold-scope.ts';
import { findThresholds, putThresholds, removeThresholds } from './threshold-store.ts';

const stage = 'vitals';
const EMPTY = z.object({});

/** A kind of scopes as a route has it: what its path names, and the scope of that. */
interface ScopeOf<Path> {
  path: z.ZodType<Path>;
  scopeOf(path: Path): Scope;
}

export const DEFAULT_OF: ScopeOf<object> = { path: EMPTY, scopeOf: () => DEFAULT_SCOPE };
export const WARD_OF: ScopeOf<{ ward: string }> = {
  path: z.object({ ward: topicLevelSchema }),
  scopeOf: ({ ward }) => wardScope(ward),
};
export const PATIENT_OF: ScopeOf<{ patientId: string }> = {
  path: z.object({ patientId: topicLevelSchema }),
  scopeOf: ({ patientId }) => patientScope(patientId),
};

export const notSet = () =>
  new HttpError('thresholds_not_found', 'Nothing is set for this scope; the next wider one holds.');
const changedMeanwhile = () =>
  new HttpError('version_conflict', 'The scope is not of the version in If-Match: read it again, then decide.');

/** Nobody changes them unnamed: the route lets in only whoever is known. */
function authorOf(principal: Principal | undefined): string {
  if (principal === undefined) throw new HttpError('unauthorized', 'A valid token is needed.');
  return principal.id;
}

export function getScope<Path>(name: string, { path, scopeOf }: ScopeOf<Path>): HttpHandler {
  return httpHandler({
    name,
    stage,
    method: 'GET',
    access: STAFF,
    otherMethods: ['PUT', 'DELETE'],
    path,
    answers: { 200: storedThresholds },
    problems: ['thresholds_not_found', ...DATABASE_PROBLEMS],
    async respond({ path: named, recordMetric }) {
      const scope = scopeOf(named);
      const [stored] = await findThresholds([scope], { database: database(), recordMetric });
      if (stored === undefined) throw notSet();
      return { status: 200, body: stored, headers: { etag: etagOf(stored.version) }, logged: loggedScope(scope) };
    },
  });
}

export function putScope<Path>(name: string, { path, scopeOf }: ScopeOf<Path>): HttpHandler {
  return httpHandler({
    name,
    stage,
    method: 'PUT',
    access: THRESHOLD_SETTERS,
    path,
    body: thresholdsBody,
    answers: { 200: storedThresholds },
    problems: ['thresholds_contradict', 'version_conflict', ...DATABASE_PROBLEMS],
    async respond({ path: named, body, headers, principal, recordMetric }) {
      const scope = scopeOf(named);
      const change = {
        scope,
        changedBy: authorOf(principal),
        reason: body.reason,
        expected: expectedBy(headers['if-match']),
      };
      const stored = await putThresholds(checkedThresholds(body), change, { database: database(), recordMetric });
      if (stored === undefined) throw changedMeanwhile();
      const { version } = stored;
      return {
        status: 200,
        body: stored,
        headers: { etag: etagOf(version) },
        logged: { ...loggedScope(scope), version },
      };
    },
  });
}

export function deleteScope<Path>(name: string, { path, scopeOf }: ScopeOf<Path>): HttpHandler {
  return httpHandler({
    name,
    stage,
    method: 'DELETE',
    access: THRESHOLD_SETTERS,
    path,
    query: z.strictObject(changeFields),
    answers: { 200: z.strictObject({ scope: z.string(), version: z.int().describe('of the removal') }) },
    problems: ['thresholds_not_found', 'version_conflict', ...DATABASE_PROBLEMS],
    async respond({ path: named, query, headers, principal, recordMetric }) {
      const scope = scopeOf(named);
      const change = { scope, changedBy: authorOf(principal), ...query, expected: expectedBy(headers['if-match']) };
      const { outcome, version } = await removeThresholds(change, { database: database(), recordMetric });
      if (outcome === 'absent') throw notSet();
      if (outcome === 'other') throw changedMeanwhile();
      return { status: 200, body: { scope, version }, logged: { ...loggedScope(scope), version } };
    },
  });
}
