/** What `npm run redrive` was asked for. */
export interface RedriveOptions {
  /** The stream of dead letters. */
  readonly from: string;
  /** Only dead letters of this stream or super stream, of this function. */
  readonly stream: string | undefined;
  readonly functionName: string | undefined;
  /** Only of these events, by the `eventId` of their records; only of what was given up on since. They are picked out: see `lanes.ts`. */
  readonly events: ReadonlySet<string>;
  readonly sinceMs: number | undefined;
  /** So many at most are published. */
  readonly limit: number;
  /** Offsets of dead letters that are left for good: the position may pass them. */
  readonly skip: ReadonlySet<bigint>;
  /** Only this dead letter is shown. */
  readonly show: bigint | undefined;
  /** `list` and `dry-run` change nothing. */
  readonly mode: 'redrive' | 'dry-run' | 'list';
}

/** The stream that topology and workers use for them. */
export const DEAD_LETTERS = 'dead-letters';
const TEXTS = ['--from', '--stream', '--function', '--event', '--since', '--limit', '--skip', '--show'] as const;
/** A stream's offsets have 64 bits. */
const OFFSET = /^\d{1,19}$/;
type TextOption = (typeof TEXTS)[number];
const isText = (arg: string): arg is TextOption => TEXTS.some((name) => name === arg);

/** Whether dead letters are picked out of the order in which they are there. */
export const isPicking = ({ events, sinceMs }: Pick<RedriveOptions, 'events' | 'sinceMs'>): boolean =>
  events.size > 0 || sinceMs !== undefined;

/** @returns the options, or what is wrong with the arguments */
export function redriveOptions(args: readonly string[]): RedriveOptions | { readonly wrong: string } {
  const given = new Map<TextOption, string>();
  const skip = new Set<bigint>();
  const events = new Set<string>();
  let mode: RedriveOptions['mode'] = 'redrive';
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--dry-run' || arg === '--list') mode = mode === 'list' || arg === '--list' ? 'list' : 'dry-run';
    else if (isText(arg)) {
      index += 1;
      const value = args[index];
      if (value === undefined || value === '' || value.startsWith('--')) return { wrong: `${arg} needs a value` };
      const isOffset = arg === '--skip' || arg === '--show';
      if (isOffset && !OFFSET.test(value)) return { wrong: `${arg} ${value} is no offset` };
      if (arg === '--skip') skip.add(BigInt(value));
      if (arg === '--event') events.add(value);
      if (arg === '--since' && Number.isNaN(Date.parse(value)))
        return { wrong: `--since ${value} is no time; one is 2026-01-31T12:00:00Z` };
      given.set(arg, value);
    } else if (!arg.startsWith('-') && arg !== '' && !given.has('--stream')) given.set('--stream', arg);
    else return { wrong: `'${arg}' is no option` };
  }
  const limit = given.get('--limit');
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    return { wrong: `--limit ${limit} is no number of dead letters` };
  return {
    from: given.get('--from') ?? DEAD_LETTERS,
    stream: given.get('--stream'),
    functionName: given.get('--function'),
    events,
    sinceMs: given.has('--since') ? Date.parse(given.get('--since') ?? '') : undefined,
    limit: limit === undefined ? Number.POSITIVE_INFINITY : Number(limit),
    skip,
    show: given.has('--show') ? BigInt(given.get('--show') ?? 0) : undefined,
    mode,
  };
}
