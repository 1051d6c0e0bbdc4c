import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { configFrom } from '../../shared/config.ts';
import { PORTS } from '../../shared/config-schema.ts';
import { ownPorts, portSettings } from './own-ports.ts';

/** Where systems take outgoing connections' ports from: Linux's default, the lowest. */
const FIRST_EPHEMERAL = 32_768;

test('a stack’s own ports differ, are free, and none is one that a connection could be given', async () => {
  const ports = Object.values(await ownPorts());
  expect(new Set(ports).size).toBe(Object.keys(PORTS).length);
  for (const port of ports) {
    expect(port).toBeLessThan(FIRST_EPHEMERAL);
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  }
});

test('as settings they are what a stack listens on', async () => {
  const ports = await ownPorts();
  expect(configFrom(portSettings(ports)).ports).toEqual(ports);
});
