import type { Difference } from './differences.ts';

const COLUMNS = 80;
const ERROR_PREFIX = '✗ '.length;

/** Every difference with what to do, for a terminal of 80 columns. */
export function conflictText(source: string, refused: readonly Difference[]): string {
  const canDrain = refused.some(({ action }) => action !== undefined);
  return [
    ...wrapped(`RabbitMQ has other streams than ${source} says; nothing was changed.`, '', COLUMNS - ERROR_PREFIX),
    ...refused.flatMap(({ object, text, advice = '' }) => [
      '',
      ...wrapped(`${object} ${text}`, '  '),
      ...wrapped(advice, '    '),
    ]),
    ...(canDrain
      ? [
          '',
          ...wrapped(
            'New partitions and moved wards: with the file as it was, stop what publishes, let the consumers finish, stop them; then, with the new file,',
            '  ',
          ),
          '    node localstack/topology/run.ts --drained',
        ]
      : []),
    '',
    ...wrapped("The broker of this machine runs without functions with 'npm run services'.", '  '),
    '',
    ...wrapped("On this machine, if no record matters: 'npm run reset' removes the broker's data.", '  '),
  ].join('\n');
}

function wrapped(text: string, indent: string, columns = COLUMNS): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  return text === '' ? [] : [...lines, line];
}
