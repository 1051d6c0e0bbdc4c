import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseArguments } from './arguments.ts';
import { faultProxyControl } from './control-client.ts';
import type { Publish } from './identity.ts';
import { until } from './testing/peers.ts';

const script = join(import.meta.dirname, 'run.ts');
const anyPorts = ['--listen', '127.0.0.1:0', '--control', '127.0.0.1:0'];

function start(...args: string[]): { child: ChildProcess; out: () => string; err: () => string } {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  return { child, out: () => text.out, err: () => text.err };
}

describe('the program', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('says what it bound, serves, and ends on %s', async (signal) => {
    const { child, out, err } = start(...anyPorts, '--upstream', '127.0.0.1:1', '--seed', '5');
    await until('the line that says what is bound', () => out().includes('\n'));
    const bound = JSON.parse(out());
    expect(bound).toMatchObject({ listen: { host: '127.0.0.1' }, upstream: { port: 1 }, seed: 5, pid: child.pid });
    expect(bound.listen.port).toBeGreaterThan(0);
    const control = faultProxyControl(bound.control);
    expect((await control.journal()).seed).toBe(5);
    const ended = once(child, 'exit');
    child.kill(signal);
    expect(await ended, err()).toEqual([0, null]);
  });

  test('says in one line what is wrong with its arguments', async () => {
    const { child, err } = start('--upstream', 'nowhere');
    expect(await once(child, 'exit')).toEqual([2, null]);
    expect(err()).toMatch(/^--upstream nowhere: give host:port, such as .*\n$/);
  });

  test('--help lists every option', async () => {
    const { child, out } = start('--help');
    expect(await once(child, 'exit')).toEqual([0, null]);
    for (const option of ['listen', 'upstream', 'control', 'seed', 'identity', 'per-client']) {
      expect(out()).toContain(`--${option}`);
    }
  });
});

describe('arguments', () => {
  test.each([
    [['--control', '0.0.0.0:1'], /anyone could set toxics/],
    [['--listen', '127.0.0.1:65536'], /ports 0 to 65535/],
    [['--seed', '1.5'], /give a whole number/],
    [['--identity', 'json:'], /give payload, json:<field> or user-property:<name>/],
    [['--lose', '1'], /Unknown option '--lose'/],
    [['extra'], /Unexpected argument 'extra'/],
  ])('%j', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(message);
  });

  test('an IPv6 address stands in brackets', () => {
    expect(parseArguments(['--upstream', '[::1]:1883']).upstream).toEqual({ host: '::1', port: 1883 });
  });

  test.each([
    ['json:alert.eventId', 'e1'],
    ['user-property:eventId', 'p1'],
    ['json:alert.missing', expect.stringMatching(/^sha256:/)],
    ['payload', expect.stringMatching(/^sha256:/)],
  ])('--identity %s', (identity, expected) => {
    const publish: Publish = {
      ...{ topic: 't', qos: 0 as const, retain: false, dup: false, clientId: 'c', direction: 'upstream' as const },
      payload: Buffer.from('{"alert":{"eventId":"e1"}}'),
      userProperties: [['eventId', 'p1']],
    };
    expect(parseArguments(['--identity', identity]).identify(publish)).toEqual(expected);
    expect(parseArguments(['--identity', 'json:alert.eventId', '--per-client']).identify(publish)).toBe('c/e1');
  });
});
