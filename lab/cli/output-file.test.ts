import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { requireWritable } from './output-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'heartline-output-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);

test('a file in a folder that is not there yet: the folder is made, the file is not', () => {
  requireWritable('--json', at('new', 'deep', 'a.json'));
  expect(existsSync(at('new', 'deep'))).toBe(true);
  expect(existsSync(at('new', 'deep', 'a.json'))).toBe(false);
});

test('a file that is there keeps what it holds', () => {
  writeFileSync(at('b.json'), 'former');
  requireWritable('--json', at('b.json'));
  expect(readFileSync(at('b.json'), 'utf8')).toBe('former');
});

test('a folder, and a path through a file, are refused with the option', () => {
  expect(() => requireWritable('--report', folder)).toThrow(`--report ${folder} cannot be written: it is a folder`);
  writeFileSync(at('file'), '');
  expect(() => requireWritable('--json', at('file', 'a.json'))).toThrow(/^--json .* a part of the path is a file/);
  expect(() => requireWritable('--json', at('file', 'deep', 'a.json'))).toThrow(/a part of the path is a file/);
});
