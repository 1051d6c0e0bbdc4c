/** What `npm run redrive` was asked for. */
export interface RedriveOptions {
  /** The stream of dead letters. */
  readonly from: string;
  /** Only dead letters of this stream (a partition), of this function. */
  readonly stream: string | undefined;
  readonly functionName: string | undefined;
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
const TEXTS = ['--from', '--stream', '--function', '--limit', '--skip', '--show'] as const;
/** A stream's offsets have 64 bits. */
const OFFSET = /^\d{1,19}$/;
type TextOption = (typeof TEXTS)[number];
const isText = (arg: string): arg is TextOption => TEXTS.some((name) => name === arg);

/** @returns the options, or what is wrong with the arguments */
export function redriveOptions(args: readonly string[]): RedriveOptions | { readonly wrong: string } {
  const given = new Map<TextOption, string>();
  const skip = new Set<bigint>();
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
      given.set(arg, value);
    } else return { wrong: `'${arg}' is no option` };
  }
  const limit = given.get('--limit');
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    return { wrong: `--limit ${limit} is no number of dead letters` };
  return {
    from: given.get('--from') ?? DEAD_LETTERS,
    stream: given.get('--stream'),
    functionName: given.get('--function'),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : Number(limit),
    skip,
    show: given.has('--show') ? BigInt(given.get('--show') ?? 0) : undefined,
    mode,
  };
}
