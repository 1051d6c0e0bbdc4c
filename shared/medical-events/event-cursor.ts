import { z } from 'zod';
import { instantSchema } from '../alerts/alert-message.ts';
import { medicalEventId } from './event-message.ts';
import type { EventPlace } from './event-read-store.ts';

const place = z.object({ ts: instantSchema, eventId: medicalEventId });

/** A `nextCursor` as it comes back: base64url of the place's JSON. */
export const eventCursor = z
  .string()
  .transform((text, context): EventPlace => {
    try {
      return place.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a nextCursor' });
      return z.NEVER;
    }
  })
  .meta({ minLength: 1, description: 'a nextCursor' });

export const placeOf = ({ ts, eventId }: EventPlace): string =>
  Buffer.from(JSON.stringify({ ts, eventId })).toString('base64url');
