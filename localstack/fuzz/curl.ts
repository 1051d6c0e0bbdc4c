import type { FuzzRequest } from './requests.ts';

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const isPlain = (bytes: Buffer) => bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);

/** As bash's $'…'. */
const escaped = (bytes: Buffer) =>
  `$'${[...bytes].map((byte) => (byte >= 0x20 && byte <= 0x7e && byte !== 0x27 && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('')}'`;

/** A body with NUL in it cannot be an argument: it comes from standard input. */
const dataOf = (body: Buffer) => {
  if (isPlain(body)) return ['', `--data-binary ${quoted(body.toString())}`] as const;
  if (body.includes(0)) return [`printf %b ${escaped(body).slice(1)} | `, '--data-binary @-'] as const;
  return ['', `--data-binary ${escaped(body)}`] as const;
};

/** The request as a line of bash that sends it again. */
export function curlOf(url: string, { method, path, headers, body, caller }: FuzzRequest): string {
  const named = Object.entries(headers).map(([name, value]) => {
    const text = value === '' ? `${name};` : `${name}: ${value}`;
    return `-H ${isPlain(Buffer.from(text)) ? quoted(text) : escaped(Buffer.from(text, 'latin1'))}`;
  });
  const target = Buffer.from(new URL(url).origin + path, 'latin1');
  const [before, data] = body === undefined ? ['', ''] : dataOf(body);
  const words = [
    'curl -i -g --path-as-is',
    `-X ${method}`,
    ...(caller === undefined ? [] : [`-H "authorization: Bearer $(npm run -s token ${caller})"`]),
    ...named,
    data,
    isPlain(target) ? quoted(target.toString()) : escaped(target),
  ];
  return before + words.filter((word) => word !== '').join(' ');
}
