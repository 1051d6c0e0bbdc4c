import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curlOf } from './curl.ts';

/** Instead of curl: its arguments, each ended by a NUL, and what it would read. */
const ECHO = `curl() { printf '%s\\0' "$@"; for last; do [ "$last" = @- ] && cat; done; true; }; export LC_ALL=C; `;
const argumentsOf = (line: string) =>
  execFileSync('bash', ['-c', ECHO + line])
    .toString('latin1')
    .split('\0');

const latin1 = fc.string({
  unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 8,
});
/** Without NUL. */
const bytes = fc.array(fc.integer({ min: 1, max: 0xff }), { maxLength: 12 }).map((values) => Buffer.from(values));

test('bash hands curl the very bytes of path, headers and body', () => {
  fc.assert(
    fc.property(latin1, latin1, bytes, (path, value, body) => {
      const line = curlOf('http://127.0.0.1:1', {
        kind: 'hostile',
        method: 'POST',
        path: `/${path}`,
        headers: { a: value },
        body,
      });
      expect(line).not.toContain('\n');
      const words = argumentsOf(line);
      expect(words).toContain(`http://127.0.0.1:1/${path}`);
      expect(words).toContain(value === '' ? 'a;' : `a: ${value}`);
      expect(words[words.indexOf('--data-binary') + 1]).toBe(body.toString('latin1'));
    }),
    { numRuns: 60 },
  );
});

test('a body with NUL in it comes from standard input', () => {
  const body = Buffer.from([0x7b, 0, 0x27, 0x5c, 0xff, 0x25]);
  const words = argumentsOf(
    curlOf('http://127.0.0.1:1', { kind: 'hostile', method: 'POST', path: '/', headers: {}, body }),
  );
  expect(words.slice(words.indexOf('@-') + 2).join('\0')).toBe(body.toString('latin1'));
});
