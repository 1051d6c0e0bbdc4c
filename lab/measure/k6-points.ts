/** k6's four kinds of metric (k6's docs, "Metrics"). */
export type K6Kind = 'counter' | 'gauge' | 'rate' | 'trend';

/** One sample of a metric. Tags and metadata are both the script's: k6 makes series of tags, of metadata not. */
export interface K6Point {
  readonly metric: string;
  /** With the fraction below a millisecond, to a quarter of a microsecond: it tells the order of two sends. */
  readonly atMs: number;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What became of the lines. */
export interface K6LineCounts {
  readonly points: number;
  /** Points of metrics that nobody asked for: not looked at. */
  readonly skipped: number;
  /** Neither a metric nor a point, or cut off. */
  readonly garbage: number;
  /** The beginning of the first of these. */
  readonly firstGarbage: string | undefined;
}

export interface K6PointReader {
  push(chunk: Uint8Array): void;
  /** The stream ended: a last line without its newline is read if it is whole. */
  end(): void;
  readonly lines: K6LineCounts;
}

export interface K6PointListener {
  wanted(metric: string): boolean;
  onMetric(metric: string, kind: K6Kind): void;
  onPoint(point: K6Point): void;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
/** How each point's line begins, as k6's `json` output writes it. */
const POINT_PREFIX = Buffer.from('{"metric":"');
/** A point is some hundred bytes; a line past this is none, and must not fill memory. */
const LONGEST_LINE_BYTES = 65_536;
const GARBAGE_SHOWN_CHARACTERS = 80;
const KINDS: ReadonlySet<unknown> = new Set<K6Kind>(['counter', 'gauge', 'rate', 'trend']);

/**
 * Reads what `k6 run --out json=…` writes, one JSON object a line, in chunks as they come. A point of a metric that is not wanted
 * costs a look at its first bytes and no more.
 */
export function createK6PointReader(listener: K6PointListener): K6PointReader {
  const lines = { points: 0, skipped: 0, garbage: 0, firstGarbage: undefined as string | undefined };
  let held: Buffer[] = [];
  let heldBytes = 0;
  let overlong = false;

  function line(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const metric = metricOfPoint(bytes);
    if (metric !== undefined && !listener.wanted(metric)) {
      lines.skipped += 1;
      return;
    }
    const entry = parseEntry(bytes.toString('utf8'));
    if (entry === undefined) garbage(bytes);
    else if ('kind' in entry) listener.onMetric(entry.metric, entry.kind);
    else if (listener.wanted(entry.metric)) {
      lines.points += 1;
      listener.onPoint(entry);
    } else lines.skipped += 1;
  }

  function garbage(bytes: Buffer): void {
    lines.garbage += 1;
    lines.firstGarbage ??= bytes.toString('utf8', 0, GARBAGE_SHOWN_CHARACTERS);
  }

  function hold(bytes: Buffer): void {
    if (overlong || bytes.length === 0) return;
    // A copy: the chunk's memory may be used again while a line is incomplete.
    held.push(Buffer.from(bytes.subarray(0, LONGEST_LINE_BYTES - heldBytes + 1)));
    heldBytes += bytes.length;
    overlong = heldBytes > LONGEST_LINE_BYTES;
  }

  function endHeld(): void {
    const bytes = Buffer.concat(held);
    held = [];
    heldBytes = 0;
    if (overlong) garbage(bytes);
    else line(bytes);
    overlong = false;
  }

  return {
    lines,
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      let from = 0;
      for (let to = bytes.indexOf(NEWLINE); to !== -1; to = bytes.indexOf(NEWLINE, from)) {
        const rest = bytes.subarray(from, to);
        from = to + 1;
        if (heldBytes === 0 && rest.length <= LONGEST_LINE_BYTES) line(rest);
        else {
          hold(rest);
          endHeld();
        }
      }
      hold(bytes.subarray(from));
    },
    end() {
      if (heldBytes > 0) endHeld();
    },
  };
}

/** The metric of a line that begins like a point; undefined for every other line. */
function metricOfPoint(bytes: Buffer): string | undefined {
  const start = POINT_PREFIX.length;
  if (bytes.length < start || bytes.compare(POINT_PREFIX, 0, start, 0, start) !== 0) return undefined;
  const end = bytes.indexOf(QUOTE, start);
  return end === -1 ? undefined : bytes.toString('latin1', start, end);
}

function parseEntry(text: string): K6Point | { metric: string; kind: K6Kind } | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    return undefined; // Counted as garbage.
  }
  if (!isObject(entry) || typeof entry['metric'] !== 'string' || !isObject(entry['data'])) return undefined;
  const { metric, data, type } = entry;
  if (type === 'Metric') return isKind(data['type']) ? { metric, kind: data['type'] } : undefined;
  const { time, value, tags, metadata } = data;
  if (type !== 'Point' || typeof time !== 'string' || typeof value !== 'number') return undefined;
  const atMs = instantMs(time);
  return Number.isNaN(atMs) ? undefined : { metric, atMs, value, tags: texts(tags), metadata: texts(metadata) };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isKind = (value: unknown): value is K6Kind => KINDS.has(value);
const NONE: Readonly<Record<string, string>> = {};
const isTexts = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((one) => typeof one === 'string');
const texts = (value: unknown) => (isTexts(value) ? value : NONE);

/** An RFC 3339 instant with up to nanoseconds; `Date.parse` reads three digits of the fraction, this one the others, too. */
function instantMs(time: string): number {
  const below = /\.\d{3}(\d+)/.exec(time)?.[1];
  return Date.parse(time) + (below === undefined ? 0 : Number(`0.${below}`));
}
