import { z } from 'zod';

const responseS = z.number().nullable();

const figures = {
  alerts: z.int(),
  acknowledgedShare: z.number().nullable().describe('of the alerts, those that staff have answered; null: no alert'),
  responseMedianS: responseS.describe('from the opening to the first answer; null: no answer'),
  responseP95S: responseS,
  escalations: z.int().describe('times that the next role was asked, since nobody answered or somebody said so'),
};

/** How many alerts a ward has had to bear, and what became of them. */
export const statisticsSchema = z.strictObject({
  ward: z.string(),
  from: z.string(),
  until: z.string(),
  ...figures,
  alertsABedAndDay: z.number().nullable().describe('over the beds that had any; null: none had'),
  beds: z.array(z.strictObject({ bed: z.string(), ...figures, alertsADay: z.number() })),
  rules: z.array(z.strictObject({ rule: z.string(), priority: z.enum(['high', 'medium', 'low']), ...figures })),
});
export type Statistics = z.infer<typeof statisticsSchema>;
