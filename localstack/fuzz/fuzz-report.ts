import type { RouteResult } from './fuzz.ts';

const COLUMNS = 80;
const METHOD = 7;
const PATH = 32;
const COUNT = 8;

/** `200×31 400×17`, the commonest first. */
const countsOf = (statuses: ReadonlyMap<number, number>): string =>
  [...statuses]
    .toSorted(([, one], [, other]) => other - one)
    .map(([status, count]) => `${status}×${count}`)
    .join(' ');

/** In lines of so many columns at most, broken between words. */
function broken(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function row({ method, path, requests, statuses, failure }: RouteResult): string[] {
  const indent = ' '.repeat(2 + METHOD + PATH + COUNT + 2);
  const [counts = '', ...more] = broken(countsOf(statuses), COLUMNS - indent.length);
  const mark = failure === undefined ? ' ' : '✗';
  const name = path.length > PATH ? `${path.slice(0, PATH - 1)}…` : path.padEnd(PATH);
  const first = `${mark} ${method.padEnd(METHOD)}${name}${String(requests).padStart(COUNT)}  ${counts}`;
  return [first, ...more.map((line) => indent + line)];
}

/** What was sent and answered, a route a line, and how to send again what was answered wrongly. */
export function fuzzReport(results: readonly RouteResult[], seed: number): string {
  const failures = results.flatMap(({ method, path, failure }) =>
    failure ? [{ name: `${method} ${path}`, ...failure }] : [],
  );
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  const said = failures.length === 0 ? 'all as documented' : `${failures.length} routes answer wrongly`;
  return [
    `  ${'route'.padEnd(METHOD + PATH)}${'requests'.padStart(COUNT)}  answers`,
    ...results.flatMap(row),
    '',
    ...failures.flatMap(({ name, fault, curl }) => [`✗ ${name}: ${fault}`, `  ${curl}`, '']),
    `${requests} requests, seed ${seed}: ${said}`,
    '',
  ].join('\n');
}
