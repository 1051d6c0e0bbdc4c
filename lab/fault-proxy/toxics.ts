import { z } from 'zod';
import { type Fault, FaultProxyError } from './fault-proxy-error.ts';

/** `downstream` is towards the client, `upstream` towards the broker. */
export type Direction = 'downstream' | 'upstream';

/** An hour and a half of experiments never asked for more than ten minutes. */
const MOST_MS = 600_000;
const MOST_PLACES = 100;
const MOST_TOXICS = 100;
const DEFAULT_HOLD_MS = 1_000;
const NAME = /^[\w@.-]{1,64}$/;

const ms = z.int().min(0).max(MOST_MS);
const rate = z.number().min(0).max(1);
const levels = z
  .array(z.union([z.literal(0), z.literal(1), z.literal(2)], { error: 'QoS levels are 0, 1 and 2' }))
  .min(1)
  .readonly();
const common = {
  /** Unique in the list; `<type>_<direction>`, with `@<link>` if that is given, unless given. Part of every decision. */
  name: z.string().regex(NAME, '1 to 64 of A-Z a-z 0-9 _ @ . -').optional(),
  /** A label of the link that the proxy stands in; kept, without effect. */
  link: z.string().regex(NAME, '1 to 64 of A-Z a-z 0-9 _ @ . -').optional(),
  direction: z.enum(['downstream', 'upstream']).default('downstream'),
};
const anyLevel = levels.default([0, 1, 2]);

const options = [
  // A lost PUBLISH of QoS 1 or 2 stays in flight at its sender until the connection breaks: only QoS 0 unless asked for.
  z.strictObject({ type: z.literal('drop'), ...common, rate, qos: levels.default([0]) }),
  z.strictObject({
    type: z.literal('duplicate'),
    ...common,
    rate,
    qos: anyLevel,
    /** A receiver drops a copy whose id is not acknowledged yet; afterwards it is a message of its own. QoS 1. */
    after: z.enum(['original', 'acknowledgement']).default('original'),
  }),
  z.strictObject({ type: z.literal('delay'), ...common, rate, qos: anyLevel, delayMs: ms, jitterMs: ms.default(0) }),
  z.strictObject({
    type: z.literal('reorder'),
    ...common,
    rate,
    qos: anyLevel,
    packets: z.int().min(1).max(MOST_PLACES).default(1),
    holdMs: ms.default(DEFAULT_HOLD_MS),
  }),
  z.strictObject({ type: z.literal('flap'), ...common, upMs: ms.min(1), downMs: ms }),
] as const;

const types = options.map((option) => option.shape.type.value);
const toxicSchema = z.discriminatedUnion('type', options, {
  error: ({ code }) => (code === 'invalid_union' ? `type is one of ${types.join(', ')}` : 'a toxic is an object'),
});

export type ToxicInput = z.input<typeof toxicSchema>;
/** As in force: every default filled in. */
export type Toxic = z.output<typeof toxicSchema> & { readonly name: string };
export type PublishToxic = Exclude<Toxic, { type: 'flap' }>;
export type FlapToxic = Extract<Toxic, { type: 'flap' }>;

/** Throws FaultProxyError `toxics_invalid` with a fault for each wrong field. */
export function parseToxics(input: unknown): Toxic[] {
  const parsed = z.array(toxicSchema).max(MOST_TOXICS).safeParse(input);
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => faultOf(issue, input, 'toxics')));
  const named = parsed.data.map(withName);
  const taken = named.flatMap(({ name }, at) =>
    named.findIndex((other) => other.name === name) < at
      ? [{ field: `toxics[${at}].name`, problem: `${name} is the name of another toxic of the list` }]
      : [],
  );
  if (taken.length > 0) throw invalid(taken);
  return named;
}

/** One toxic on its own. Throws as parseToxics does. */
export function parseToxic(input: unknown): Toxic {
  const parsed = toxicSchema.safeParse(input);
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => faultOf(issue, input, '')));
  return withName(parsed.data);
}

function withName(toxic: z.output<typeof toxicSchema>): Toxic {
  const link = toxic.link === undefined ? '' : `@${toxic.link}`;
  return { ...toxic, name: toxic.name ?? `${toxic.type}_${toxic.direction}${link}` };
}

function invalid(faults: readonly Fault[]): FaultProxyError {
  const lines = faults.map(({ field, problem }) => `${field}: ${problem}`);
  return new FaultProxyError('toxics_invalid', `the toxics are not valid: ${lines.join('; ')}`, { faults });
}

function faultOf(issue: z.core.$ZodIssue, input: unknown, root: string): Fault {
  const field = issue.path.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${String(key)}`),
    root,
  );
  if (issue.code !== 'unrecognized_keys') return { field: field === '' ? 'toxic' : field, problem: issue.message };
  const unknown = issue.keys.map((key) => (field === '' ? key : `${field}.${key}`)).join(', ');
  return {
    field: unknown,
    problem: `no such field; a ${typeAt(input, issue.path)} toxic has ${fieldsAt(input, issue.path)}`,
  };
}

function fieldsAt(input: unknown, path: readonly PropertyKey[]): string {
  const type = typeAt(input, path);
  const option = options.find((candidate) => candidate.shape.type.value === type);
  return Object.keys(option?.shape ?? {}).join(', ');
}

function typeAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let at = input;
  for (const key of [...path, 'type']) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  return at;
}
