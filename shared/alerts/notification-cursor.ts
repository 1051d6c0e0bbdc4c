import { z } from 'zod';
import { instantSchema } from './alert-message.ts';

/** A place in the list of notifications: after `sequence`, and none notified before `notBefore`. */
export interface ListStart {
  /** A bigint, in decimal. */
  sequence: string;
  /** ISO 8601, or `-infinity`. */
  notBefore: string;
}

export const LIST_BEGINNING: ListStart = { sequence: '0', notBefore: '-infinity' };

/** Up to 18 digits: every number that can occur, none that Postgres refuses as a bigint. */
const CURSOR = /^(?<sequence>0|[1-9]\d{0,17})(\.(?<notBeforeMs>\d{1,15}))?$/;

/** A cursor's text. Clients pass it back as it is; its form is ours to change. */
export function encodeCursor({ sequence, notBefore }: ListStart): string {
  const floor = notBefore === LIST_BEGINNING.notBefore ? '' : `.${Date.parse(notBefore)}`;
  return Buffer.from(`${sequence}${floor}`).toString('base64url');
}

function decodeCursor(text: string): ListStart | undefined {
  const { sequence, notBeforeMs } = CURSOR.exec(Buffer.from(text, 'base64url').toString('latin1'))?.groups ?? {};
  if (sequence === undefined) return undefined;
  if (notBeforeMs === undefined) return { ...LIST_BEGINNING, sequence };
  const floor = instantSchema.safeParse(toIso(Number(notBeforeMs)));
  return floor.success ? { sequence, notBefore: floor.data } : undefined;
}

function toIso(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

/** `since`: an instant of ISO 8601 or a cursor of an earlier page. */
export const listStartSchema = z
  .string()
  .transform((text, context): ListStart => {
    const instant = instantSchema.safeParse(text);
    if (instant.success) return { ...LIST_BEGINNING, notBefore: instant.data };
    const cursor = decodeCursor(text);
    if (cursor) return cursor;
    context.addIssue({ code: 'custom', message: 'must be an ISO 8601 instant with its offset, or a nextCursor' });
    return z.NEVER;
  })
  .meta({ minLength: 1, description: 'an ISO 8601 instant with its offset, or a nextCursor' });
