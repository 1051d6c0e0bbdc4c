import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { configFrom } from '../../shared/config.ts';
import { type NewStack, writeStack } from '../../shared/stack-file.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import { writeLinks } from '../links/links-file.ts';
import { settingsNeeded, useRunningStack } from './running-stack.ts';

const root = mkdtempSync(join(tmpdir(), 'heartline-running-'));
afterAll(() => rmSync(root, { recursive: true }));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(root, 'home-'));
});

const NOBODY = 'http://127.0.0.1:9';
const experiment = loadExperiment('healthcare/2');
const stack = (pid: number): NewStack => ({
  services: {},
  startedAt: '2026-01-01T00:00:00.000Z',
  pid,
  endpoints: {
    postgres: 'postgres://postgres@127.0.0.1:9/x',
    http: NOBODY,
    lambda: NOBODY,
    websocket: NOBODY,
    metrics: NOBODY,
  },
  logs: 'logs',
});
const use = () => useRunningStack(configFrom({ HEARTLINE_HOME: home }), experiment, () => undefined);
const caseOf = (name: string) => {
  const found = experiment.cases.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

describe('--running', () => {
  test('where nothing runs, says how to start what it needs', async () => {
    await expect(use()).rejects.toMatchObject({
      code: 'lab_not_running',
      message: /No stack is running.*npm run lab -- start/,
    });
  });

  test('with a stack that has no links, says that it is another one', async () => {
    writeStack(home, stack(process.pid));
    await expect(use()).rejects.toMatchObject({
      code: 'lab_not_running',
      message: /has no links.*npm run lab -- start/,
    });
  });

  test('with links that do not answer, says so', async () => {
    writeStack(home, stack(process.pid));
    writeLinks(home, {
      toxiproxy: NOBODY,
      faultProxy: NOBODY,
      seed: 1,
      workers: { postgres: '127.0.0.1:9' },
      producers: { http: NOBODY, webMqtt: 'ws://127.0.0.1:9' },
    });
    await expect(use()).rejects.toMatchObject({ code: 'lab_links_away' });
  });

  test('refuses a case that needs settings, with those it needs', () => {
    expect(settingsNeeded(caseOf('loss'))).toBeUndefined();
    expect(settingsNeeded(caseOf('flap-qos-1'))?.message).toMatch(
      /^Case flap-qos-1 needs HEARTLINE_AT_MOST_ONCE_QOS=1 HEARTLINE_AT_MOST_ONCE_SESSION_EXPIRY=3600, .*leave out --running/,
    );
  });
});
