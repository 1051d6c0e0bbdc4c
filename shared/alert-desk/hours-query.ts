import { z } from 'zod';
import { topicLevelSchema } from '../mqtt/device-topic.ts';

const HOUR_MS = 3_600_000;

/** Of a ward, the last so many hours. */
export const hoursQuery = (normal: number, maximum: number) => {
  const wrong = `must be a whole number from 1 to ${maximum}`;
  return z.strictObject({
    ward: topicLevelSchema,
    hours: z
      .string()
      .regex(/^[1-9]\d{0,3}$/, wrong)
      .transform(Number)
      .refine((value) => value <= maximum, wrong)
      .default(normal)
      .meta({ type: 'integer', minimum: 1, maximum, pattern: undefined, description: `${normal} if it is not given` }),
  });
};

/** A ward and a time of it, in milliseconds since 1970. */
export interface WardWindow {
  readonly ward: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The window of such a query that ends now. */
export const windowOf = ({ ward, hours }: { ward: string; hours: number }, nowMs = Date.now()): WardWindow => ({
  ward,
  fromMs: nowMs - hours * HOUR_MS,
  untilMs: nowMs,
});
