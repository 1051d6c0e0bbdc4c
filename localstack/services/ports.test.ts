import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort } from './ports.ts';

const PROCESSES = 4;
const PORTS_EACH = 200;
const pick = `
  import { freePort } from ${JSON.stringify(fileURLToPath(new URL('./ports.ts', import.meta.url)))};
  const ports = [];
  for (let count = 0; count < ${PORTS_EACH}; count += 1) ports.push(await freePort());
  console.log(JSON.stringify(ports));
  process.stdin.once('data', () => process.exit(0));
`;

test('no two processes that are alive get the same port, though none is listened on yet', async () => {
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', pick], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const lists = children.map(async ({ stdout }) => {
    for await (const line of createInterface(stdout)) return JSON.parse(line) as number[];
    throw new Error('a process ended without its ports');
  });
  const ports = [...(await Promise.all(lists)).flat(), await freePort()];
  for (const { stdin } of children) stdin.end('\n');
  expect(new Set(ports).size).toBe(PROCESSES * PORTS_EACH + 1);
});
