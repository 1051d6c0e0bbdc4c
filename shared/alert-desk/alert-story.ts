import { z } from 'zod';
import { alertItem } from './alert-item.ts';

const person = z.strictObject({ id: z.string(), role: z.string() });
const view = z.record(z.string(), z.unknown()).describe('what can change of an alert, as it was');

/** One transition: what led to it, who, why, when. */
export const historyEntry = z.strictObject({
  version: z.int().describe('the version that it led to'),
  trigger: z.string().describe('a command, or what the alerter, the clock or another alert did'),
  who: person,
  why: z.string(),
  at: z.string(),
  before: view,
  after: view,
});
export type HistoryEntry = z.infer<typeof historyEntry>;

const toldEntry = z.strictObject({
  notificationId: z.string(),
  version: z.int(),
  kind: z.enum(['ask', 're-alarm', 'remind', 'retract']),
  role: z.string().nullable(),
  people: z.array(z.string()),
  via: z.string().describe('how the people were found; of a retraction, from whom it was taken back'),
  told: z.enum(['single', 'group']),
  groupId: z.string().nullable(),
  groupCount: z.int().nullable(),
  at: z.string(),
});
export type ToldEntry = z.infer<typeof toldEntry>;

/** An alert with all that has happened to it, the first thing first. */
export const alertStory = alertItem.extend({
  history: z.array(historyEntry),
  notifications: z.array(toldEntry).describe('who had to be told, in this order'),
});
export type AlertStory = z.infer<typeof alertStory>;
