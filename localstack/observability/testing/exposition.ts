/** One sample line of the Prometheus text format. */
export interface ExpositionSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HELP = /^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<help>(?:[^\\\n]|\\\\|\\n)*)$/;
const TYPE = /^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$/;
const SAMPLE = /^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const LABEL = /(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/y;
const VALUE = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const { name, value } = LABEL.exec(text)?.groups ?? {};
    if (name === undefined || value === undefined) throw new Error(`not labels: ${text}`);
    if (Object.hasOwn(labels, name)) throw new Error(`label ${name} twice: ${text}`);
    labels[name] = value;
  }
  return labels;
}

function belongs(sample: string, family: { name: string; type: string }): boolean {
  if (family.type !== 'histogram') return sample === family.name;
  return ['_bucket', '_sum', '_count'].some((suffix) => sample === `${family.name}${suffix}`);
}

/**
 * Reads Prometheus' text format 0.0.4 strictly, for tests: throws at the first line that a scraper would refuse, at a
 * sample outside its family and at a series that comes twice.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseExposition(text: string): ExpositionSample[] {
  if (!text.endsWith('\n')) throw new Error('the last line must end in a line feed');
  const samples: ExpositionSample[] = [];
  const seen = new Set<string>();
  let family = { name: '', type: '' };
  for (const line of text.split('\n').filter((each) => each !== '')) {
    if (line.startsWith('# HELP')) {
      if (!HELP.test(line)) throw new Error(`not a HELP line: ${line}`);
      continue;
    }
    if (line.startsWith('#')) {
      const { name, type } = TYPE.exec(line)?.groups ?? {};
      if (name === undefined || type === undefined || seen.has(name)) throw new Error(`not a TYPE line: ${line}`);
      seen.add(name);
      family = { name, type };
      continue;
    }
    const { name, labels, value } = SAMPLE.exec(line)?.groups ?? {};
    if (name === undefined || value === undefined || !VALUE.test(value)) throw new Error(`not a sample: ${line}`);
    if (!belongs(name, family)) throw new Error(`${name} is outside its family ${family.name}`);
    const sample = { name, labels: labelsOf(labels ?? ''), value: Number(value.replace('Inf', 'Infinity')) };
    const series = `${name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(series)) throw new Error(`series twice: ${line}`);
    seen.add(series);
    samples.push(sample);
  }
  return samples;
}

/** The value of one series, or undefined if it is not there. */
export function sampleOf(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  return parseExposition(text).find(
    (sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted,
  )?.value;
}
