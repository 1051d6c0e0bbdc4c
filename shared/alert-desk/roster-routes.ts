import { z } from 'zod';
import { STAFF } from '../access/principal.ts';
import { type HttpHandler, httpHandler } from '../http/http-handler.ts';
import { etagOf, expectedBy } from '../http/if-match.ts';
import { DATABASE_PROBLEMS, HttpError, validated } from '../http/problem.ts';
import { topicLevelSchema } from '../mqtt/device-topic.ts';
import { database } from '../postgres/process-database.ts';
import { whySchema } from './command-body.ts';
import { dutiesSchema, dutiesThatEnd, EVERY_WARD, storedRoster } from './roster.ts';
import { findRoster, putRoster } from './roster-store.ts';

const stage = 'alerts';

/** A kind of rosters as a route has it: what its path names, and the ward of that. */
interface RosterOf<Path> {
  path: z.ZodType<Path>;
  wardOf(path: Path): string;
}

export const OF_WARD: RosterOf<{ ward: string }> = {
  path: z.object({ ward: topicLevelSchema }),
  wardOf: ({ ward }) => ward,
};
export const OF_EVERY_WARD: RosterOf<object> = { path: z.object({}), wardOf: () => EVERY_WARD };

export function getRoster<Path>(name: string, { path, wardOf }: RosterOf<Path>): HttpHandler {
  return httpHandler({
    name,
    stage,
    method: 'GET',
    otherMethods: ['PUT'],
    access: STAFF,
    path,
    answers: { 200: storedRoster },
    problems: DATABASE_PROBLEMS,
    async respond({ path: named, recordMetric }) {
      const ward = wardOf(named);
      const stored = await findRoster(ward, { database: database(), recordMetric });
      return { status: 200, body: stored, headers: { etag: etagOf(stored.version) }, logged: { ward } };
    },
  });
}

export function putRosterOf<Path>(name: string, { path, wardOf }: RosterOf<Path>): HttpHandler {
  return httpHandler({
    name,
    stage,
    method: 'PUT',
    access: ['charge-nurse', 'admin'],
    path,
    body: dutiesSchema.extend({ reason: whySchema }),
    answers: { 200: storedRoster },
    problems: ['version_conflict', ...DATABASE_PROBLEMS],
    async respond({ principal, path: named, body: { reason, ...duties }, headers, recordMetric }) {
      validated(dutiesThatEnd, duties, 'body');
      const ward = wardOf(named);
      const who = { id: principal?.id ?? '', role: principal?.role ?? '' };
      const change = { ward, duties, who, reason, expected: expectedBy(headers['if-match']) };
      const stored = await putRoster(change, { database: database(), recordMetric });
      if (stored === undefined) {
        throw new HttpError('version_conflict', 'The roster is not of the version in If-Match: read it again.');
      }
      const { version } = stored;
      return { status: 200, body: stored, headers: { etag: etagOf(version) }, logged: { ward, version } };
    },
  });
}
