import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Links, readLinks, removeLinks, writeLinks } from './links-file.ts';
import { marksFile, readMarks } from './marks-file.ts';

const root = mkdtempSync(join(tmpdir(), 'heartline-link-files-'));
afterAll(() => rmSync(root, { recursive: true }));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(root, 'home-'));
});

const links: Links = {
  toxiproxy: 'http://127.0.0.1:8474',
  faultProxy: 'http://127.0.0.1:18831',
  seed: 3,
  producers: { http: 'http://127.0.0.1:3000', webMqtt: 'ws://127.0.0.1:15675/ws' },
  workers: { postgres: '127.0.0.1:55433' },
};
const file = () => join(home, 'links.json');

describe('the file of a stack’s links', () => {
  test('is read as it was written, by whoever looks while its writer runs; removed, there are none', () => {
    expect(readLinks(home)).toBeUndefined();
    writeLinks(home, links);
    expect(readLinks(home)).toEqual(links);
    removeLinks(home);
    expect(readLinks(home)).toBeUndefined();
    removeLinks(home);
  });

  test('a folder that is not there yet is made', () => {
    writeLinks(join(home, 'deep', 'er'), links);
    expect(readLinks(join(home, 'deep', 'er'))).toEqual(links);
  });

  test('what a killed stack left behind counts as none, also when another process has its pid by now', () => {
    writeLinks(home, links);
    const written = JSON.parse(readFileSync(file(), 'utf8')) as { pid: number };
    writeFileSync(file(), JSON.stringify({ ...written, processIdentity: 'another start' }));
    expect(readLinks(home)).toBeUndefined();
    writeFileSync(file(), JSON.stringify({ ...written, pid: 2 ** 30 }));
    expect(readLinks(home)).toBeUndefined();
  });

  test.each([
    ['of another version', { pid: 1, processIdentity: 'x', toxiproxy: 'http://127.0.0.1:1' }],
    ['cut short', '{"pid":'],
  ])('one that is %s is named, with what to do', (_, content) => {
    writeFileSync(file(), typeof content === 'string' ? content : JSON.stringify(content));
    expect(() => readLinks(home)).toThrow(/links\.json: .*Delete it and start again/s);
  });
});

describe('the marks of changes by hand', () => {
  const line = (at: string, label: string) => appendFileSync(marksFile(home), `${JSON.stringify({ at, label })}\n`);

  test('those since an instant, in order', () => {
    expect(readMarks(home, 0)).toEqual([]);
    line('2026-01-01T00:00:00.000Z', 'early');
    line('2026-01-01T00:00:01.500Z', 'at');
    line('2026-01-01T00:00:02.000Z', 'late');
    const sinceMs = Date.parse('2026-01-01T00:00:01.500Z');
    expect(readMarks(home, sinceMs)).toEqual([
      { atMs: sinceMs, label: 'at' },
      { atMs: sinceMs + 500, label: 'late' },
    ]);
  });

  test('a line that a crash cut short is passed over', () => {
    line('2026-01-01T00:00:00.000Z', 'whole');
    appendFileSync(marksFile(home), '{"at":"2026-01-01T');
    expect(readMarks(home, 0).map(({ label }) => label)).toEqual(['whole']);
  });
});
