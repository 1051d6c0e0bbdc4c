/** A page that is not in the text format. */
export class ExpositionError extends Error {}

export interface RawSample {
  readonly series: string;
  readonly value: number;
  readonly timestampMs: number | undefined;
}

export interface SeriesName {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const SAMPLE_NAME = /[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*/y;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\[\\"n])*)"[ \t]*(,?)/y;
const LABELS_END = /[ \t]*\}[ \t]*$/y;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['+nan', Number.NaN],
  ['-nan', Number.NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['+infinity', Infinity],
  ['-infinity', -Infinity],
]);
const WHOLE = /^-?\d+$/;

/**
 * One line of a page: `name{label="value",…} value [timestamp]`. The labels are not read here: after them come numbers only, so
 * the last brace ends them.
 * @returns undefined for a name that is not wanted
 * @throws ExpositionError
 */
export function readSample(line: string, wanted: (name: string) => boolean): RawSample | undefined {
  SAMPLE_NAME.lastIndex = 0;
  const [matched, name] = SAMPLE_NAME.exec(line) ?? [];
  if (matched === undefined || name === undefined) throw new ExpositionError(`no name of a metric: ${shown(line)}`);
  if (!wanted(name)) return undefined;
  const labelled = line[matched.length] === '{';
  const end = labelled ? line.lastIndexOf('}') + 1 : matched.length;
  if (end === 0) throw new ExpositionError(`labels without an end: ${shown(line)}`);
  const [value = '', timestamp, ...more] = line
    .slice(end)
    .trim()
    .split(/[ \t]+/);
  if (more.length > 0 || (timestamp !== undefined && !WHOLE.test(timestamp))) {
    throw new ExpositionError(`more than a value and a timestamp: ${shown(line)}`);
  }
  if (!labelled && !/[ \t]$/.test(matched)) throw new ExpositionError(`no blank before the value: ${shown(line)}`);
  return {
    series: labelled ? line.slice(0, end) : name,
    value: numberOf(value, line),
    timestampMs: timestamp === undefined ? undefined : Number(timestamp),
  };
}

/** Go's ParseFloat without its hexadecimal forms and underscores, which nothing exports. */
function numberOf(text: string, line: string): number {
  const special = SPECIAL.get(text.toLowerCase());
  if (special !== undefined) return special;
  if (!DECIMAL.test(text)) throw new ExpositionError(`'${text}' is no number: ${shown(line)}`);
  return Number(text);
}

/**
 * Name and labels of a series as `scanExposition` hands it on.
 * @throws ExpositionError when it is not in the format, or has a label twice
 */
export function parseSeries(series: string): SeriesName {
  SAMPLE_NAME.lastIndex = 0;
  const [matched, name] = SAMPLE_NAME.exec(series) ?? [];
  if (matched === undefined || name === undefined) throw new ExpositionError(`no name of a metric: ${shown(series)}`);
  if (matched.length === series.length) return { name, labels: {} };
  const labels = new Map<string, string>();
  let at = matched.length + 1;
  let open = series[matched.length] === '{';
  while (open) {
    LABEL.lastIndex = at;
    const [text, label = '', value = '', comma] = LABEL.exec(series) ?? [];
    if (text === undefined) break;
    if (labels.has(label)) throw new ExpositionError(`label '${label}' twice: ${shown(series)}`);
    labels.set(
      label,
      value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)),
    );
    at += text.length;
    open = comma === ',';
  }
  LABELS_END.lastIndex = at;
  if (!LABELS_END.test(series)) throw new ExpositionError(`labels not in the format: ${shown(series)}`);
  return { name, labels: Object.fromEntries(labels) };
}

const SHOWN_CHARACTERS = 80;
const shown = (line: string) => JSON.stringify(line.slice(0, SHOWN_CHARACTERS));
