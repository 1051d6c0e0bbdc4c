import { z } from 'zod';
import { alertItem } from './alert-item.ts';
import { historyEntry } from './alert-story.ts';

const step = historyEntry.omit({ before: true, after: true });

/** What the next shift has to know of a ward. */
export const handoverSchema = z.strictObject({
  ward: z.string(),
  from: z.string(),
  until: z.string(),
  open: z
    .array(alertItem.extend({ history: z.array(step).describe('the last that happened, the first of it first') }))
    .describe('what goes on, or nobody has seen; the oldest first'),
  closed: z
    .array(alertItem.extend({ closing: step.describe('who closed it and why: the clock, where it was over') }))
    .describe('closed within these hours, the last first'),
  people: z
    .array(z.strictObject({ id: z.string(), role: z.string(), commands: z.record(z.string(), z.int()) }))
    .describe('who said what of alerts, and how often'),
  beds: z.array(
    z.strictObject({ bed: z.string(), open: z.int(), begun: z.int().describe('within these hours'), closed: z.int() }),
  ),
});
export type Handover = z.infer<typeof handoverSchema>;
