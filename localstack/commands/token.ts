import { parseArgs } from 'node:util';
import { z } from 'zod';
import { brokerScope } from '../../shared/access/broker-scopes.ts';
import { mintToken } from '../../shared/access/mint-token.ts';
import { ACCESS_ROLES, type AccessRole, principalSchema } from '../../shared/access/principal.ts';
import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { topicLevelSchema } from '../../shared/mqtt/device-topic.ts';
import { runCommand } from './run-command.ts';

const DEFAULT_HOURS = 12;
/** A year: for a device that nobody visits. */
const MAX_HOURS = 8_784;
const HOUR_S = 3_600;

const USAGE = `npm run token <role> [-- options]     prints a token for HTTP and the broker

  <role>         ${ACCESS_ROLES.join(', ')}
  --sub <id>     whose it is; default local-<role>
  --hours <n>    how long it is valid; default ${DEFAULT_HOURS}, ${MAX_HOURS} at most
  --ward <ward>  no other ward's topics at the broker; may be given several times
  --bed <bed>    of a device in that ward: nor another bed's

  TOKEN=$(npm run -s token nurse)
  curl -H "authorization: Bearer $TOKEN" 127.0.0.1:3000/thresholds

It is signed with the keys in .heartline/keys (HEARTLINE_KEYS), which are made if there
are none: who can read that folder can be anybody.
`;

const options = {
  sub: { type: 'string' },
  hours: { type: 'string' },
  ward: { type: 'string', multiple: true },
  bed: { type: 'string' },
} as const;

const wrong = (message: string) => new PermanentError('argument', `${message}\n\n${USAGE}`);

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, said: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw wrong(`${said}: ${result.error.issues.map(({ message }) => message).join('; ')}`);
}

function roleIn(positionals: readonly string[]): AccessRole {
  const [role, ...more] = positionals;
  if (role === undefined || more.length > 0) throw wrong('Give one role.');
  return checked(z.enum(ACCESS_ROLES, `one of ${ACCESS_ROLES.join(', ')}`), role, role);
}

const hoursSchema = z.coerce.number('a number').gt(0).max(MAX_HOURS);

runCommand(async (args) => {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { positionals, values } = parse(args);
  const role = roleIn(positionals);
  const sub = checked(principalSchema.shape.id, values.sub ?? `local-${role}`, `--sub ${values.sub}`);
  const hours = checked(hoursSchema, values.hours ?? DEFAULT_HOURS, `--hours ${values.hours}`);
  const wards = values.ward?.map((ward) => checked(topicLevelSchema, ward, `--ward ${ward}`));
  const bed = values.bed && checked(topicLevelSchema, values.bed, `--bed ${values.bed}`);
  if (bed !== undefined && (role !== 'device' || wards?.length !== 1)) {
    throw wrong('--bed is of a device in one --ward.');
  }
  const scope = brokerScope({ sub, role, wards, bed });
  const keys = await ensureTokenKeys(config().access.keyFolder);
  process.stdout.write(`${await mintToken(keys, { sub, role, scope, expiresInS: Math.ceil(hours * HOUR_S) })}\n`);
  return 0;
});
