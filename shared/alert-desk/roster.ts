// Who is on duty, as it is put and stored: of a ward, and of every ward.
import { z } from 'zod';
import { idSchema, instantSchema } from '../alerts/alert-message.ts';
import { topicLevelSchema } from '../mqtt/device-topic.ts';
import { ROLES } from './roles.ts';
import type { Roster } from './routing.ts';

/** Instead of a ward's name: of every ward. No ward can have it (shared/mqtt/device-topic.ts). */
export const EVERY_WARD = '*';
/** A shift of a ward of 40 beds is 60 people; a week of them. */
const DUTIES_MAX = 1_000;

const duty = z.strictObject({
  personId: idSchema,
  role: z.enum(ROLES),
  bed: topicLevelSchema.nullable().default(null).describe('null: of the whole ward'),
  from: instantSchema,
  until: instantSchema.describe('after from'),
});

/** `assigned` are told before those who are on call. */
export const dutiesSchema = z.strictObject({
  assigned: z.array(duty).max(DUTIES_MAX),
  onCall: z.array(duty).max(DUTIES_MAX),
});
/** What JSON Schema cannot say of them. */
const ends = duty.refine(({ from, until }) => from < until, { path: ['until'], message: 'must be after from' });
export const dutiesThatEnd = z.strictObject({ assigned: z.array(ends), onCall: z.array(ends) });
export type Duties = z.output<typeof dutiesSchema>;

/** A roster as it is read; of one that nobody has put: version 0, nobody on duty. */
export const storedRoster = z.strictObject({
  ward: z.string().describe(`\`${EVERY_WARD}\`: every ward`),
  version: z.int().min(0),
  assigned: z.array(duty),
  onCall: z.array(duty),
  updatedAt: z.string().nullable(),
  updatedBy: z.string().nullable(),
  reason: z.string().nullable(),
});
export type StoredRoster = z.output<typeof storedRoster>;

/** Duties by ward, with `EVERY_WARD` among them. */
export type RosterBook = ReadonlyMap<string, Duties>;

/** All who are in it. */
export const peopleOf = ({ assigned, onCall }: Duties): string[] => [
  ...new Set([...assigned, ...onCall].map(({ personId }) => personId)),
];

const rosterOf = (wards: readonly (readonly [string, Duties])[]): Roster => {
  const turns = (of: keyof Duties) =>
    wards.flatMap(([name, duties]) =>
      duties[of].map(({ from, until, ...who }) => ({
        ...who,
        ward: name === EVERY_WARD ? null : name,
        fromMs: Date.parse(from),
        untilMs: Date.parse(until),
      })),
    );
  return { assigned: turns('assigned'), onCall: turns('onCall') };
};

/**
 * Who is asked about alerts of a ward. Those of other wards are only in it where somebody is asked by name, who may be on duty
 * anywhere. Made once a ward: a burst asks a hundred times.
 */
export function rostersFrom(book: RosterBook): (ward: string, isByName: boolean) => Roster {
  const made = new Map<string, Roster>();
  return (ward, isByName) => {
    const key = isByName ? '' : ward;
    const known = made.get(key);
    if (known !== undefined) return known;
    const roster = rosterOf([...book].filter(([name]) => isByName || name === ward || name === EVERY_WARD));
    made.set(key, roster);
    return roster;
  };
}
