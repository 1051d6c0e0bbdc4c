import { z } from 'zod';
import { idSchema } from '../alerts/alert-message.ts';
import { type CommandName, ROLES } from './roles.ts';

/** Of a note: a few sentences. */
const WHY_CHARACTERS_MAX = 500;

/** Text of people's, kept as it is and shown as text: what Postgres cannot keep (U+0000, lone surrogates) is refused. */
export const whySchema = z
  .string()
  .min(1)
  .max(WHY_CHARACTERS_MAX)
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must not contain U+0000 or a lone surrogate')
  .describe('why, for the history');

const addressee = z.strictObject({
  role: z.enum(ROLES),
  id: idSchema.nullable().default(null).describe('one person of the role; null: whoever is on duty'),
});

const SEEN = z.strictObject({ why: whySchema.default('') });
const TOLD_WHY = z.strictObject({ why: whySchema });
const REROUTED = z.strictObject({ why: whySchema, to: addressee });

/** What is said without a word is plain from the command itself; what gives work to others needs a reason. */
export const COMMAND_BODIES = {
  acknowledge: SEEN,
  silence: SEEN,
  accept: SEEN,
  reject: TOLD_WHY,
  close: TOLD_WHY,
  escalate: TOLD_WHY,
  reroute: REROUTED,
} as const satisfies Record<CommandName, z.ZodType>;

export interface CommandBody {
  readonly why: string;
  readonly to?: z.output<typeof addressee> | undefined;
}
