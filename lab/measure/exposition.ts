import { ExpositionError, readSample } from './exposition-sample.ts';

/** Of a metric family, as its `# TYPE` line says; `untyped` without one. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

const TYPES: ReadonlySet<string> = new Set<MetricType>(['counter', 'gauge', 'histogram', 'summary', 'untyped']);

export interface ExpositionVisitor {
  /** Whether samples of this name are read; of others only the name is looked at. */
  wanted(sampleName: string): boolean;
  onType(family: string, type: MetricType): void;
  onHelp?(family: string, help: string): void;
  /** @param series name and labels as the page writes them; `parseSeries` reads it */
  onSample(series: string, value: number, timestampMs: number | undefined): void;
}

/** `# TYPE name type` or `# HELP name text`; blanks are spaces and tabs. */
const DECLARATION =
  /^[ \t]*#[ \t]+(?<keyword>TYPE|HELP)[ \t]+(?<family>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:[ \t]+(?<rest>.*))?$/;
const COMMENT = /^[ \t]*#/;
const BLANK = /^[ \t]*$/;
const HASH = 0x23;

/**
 * Reads a page of Prometheus' text format, version 0.0.4 (Prometheus docs, "Exposition formats"), line by line.
 * @throws ExpositionError for a page that breaks the format in a line that is read, or that does not end with a newline (was cut off)
 */
export function scanExposition(page: string, visitor: ExpositionVisitor): void {
  if (page.length > 0 && !page.endsWith('\n'))
    throw new ExpositionError('the last line has no end: the page was cut off');
  let number = 0;
  let from = 0;
  while (from < page.length) {
    const to = page.indexOf('\n', from);
    const line = page.slice(from, to);
    from = to + 1;
    number += 1;
    try {
      scanLine(line, visitor);
    } catch (error) {
      if (!(error instanceof ExpositionError)) throw error;
      throw new ExpositionError(`line ${number}: ${error.message}`);
    }
  }
}

function scanLine(line: string, visitor: ExpositionVisitor): void {
  if (line.charCodeAt(0) === HASH || COMMENT.test(line)) declaration(line, visitor);
  else if (!BLANK.test(line)) {
    const sample = readSample(line, visitor.wanted);
    if (sample) visitor.onSample(sample.series, sample.value, sample.timestampMs);
  }
}

function declaration(line: string, { onType, onHelp }: ExpositionVisitor): void {
  const { keyword, family, rest = '' } = DECLARATION.exec(line)?.groups ?? {};
  if (family === undefined) return; // A comment.
  if (keyword === 'HELP') {
    onHelp?.(family, unescapeHelp(rest));
    return;
  }
  const type = rest.trim();
  if (!isType(type)) throw new ExpositionError(`'${type}' is no type of metric`);
  onType(family, type);
}

const isType = (text: string): text is MetricType => TYPES.has(text);
const unescapeHelp = (text: string) => text.replace(/\\(\\|n)/g, (_, escaped) => (escaped === 'n' ? '\n' : '\\'));
