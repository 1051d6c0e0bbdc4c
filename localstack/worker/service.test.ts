import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readService } from './service.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SERVERLESS = createRequire(import.meta.url).resolve('osls/bin/serverless.js');
/** The framework alone takes two seconds, more beside other tests. */
const FRAMEWORK_DEADLINE_MS = 60_000;
const INSTANCE = 'the-instance';

let folder: string;
/** The framework keeps its compiled schema under HOME, which takes seconds to make. */
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'worker-home-'));
});
afterAll(() => rm(home, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-service-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Printed {
  provider: { environment?: Record<string, string> };
  functions: Record<string, { name: string; handler: string; events: unknown[]; environment?: Record<string, string> }>;
}

/** What the framework itself makes of a service; its instance id is the time in ms. */
async function printed(service: string, environment: Record<string, string>): Promise<Printed> {
  const { stdout } = await promisify(execFile)(process.execPath, [SERVERLESS, 'print', '--format', 'json'], {
    cwd: service,
    env: { HOME: home, PATH: process.env['PATH'], SLS_NOTIFICATIONS_MODE: 'off', ...environment },
  });
  return JSON.parse(stdout.slice(stdout.indexOf('{')).replaceAll(/\b1[78]\d{11}\b/g, INSTANCE));
}

/** The same as the worker reads it. */
function read(service: string, environment: Record<string, string>, key: string) {
  return readService({ folder: service, environment, instanceId: INSTANCE }).read(key);
}

/** Routes as they stand in the files: who may use them is added by a plugin, and nothing that a worker runs. */
function asWritten(event: unknown): unknown {
  const route = z.object({ httpApi: z.object({ method: z.string(), path: z.string() }) }).safeParse(event);
  return route.success ? { httpApi: `${route.data.httpApi.method} ${route.data.httpApi.path}` } : event;
}

async function expectSameAsFramework(service: string, environment: Record<string, string>): Promise<string[]> {
  const { provider, functions } = await printed(service, environment);
  for (const [key, wanted] of Object.entries(functions)) {
    const found = read(service, environment, key);
    expect(found, key).toMatchObject({
      name: wanted.name,
      handler: wanted.handler,
      events: wanted.events.map(asWritten),
    });
    expect(found.environment, key).toEqual({ ...provider.environment, ...wanted.environment });
  }
  return Object.keys(functions);
}

describe("this project's serverless.yml is read as the framework reads it", () => {
  test.each([
    ['without settings', {}],
    [
      'with settings',
      {
        HEARTLINE_AT_MOST_ONCE_QOS: '1',
        HEARTLINE_AT_MOST_ONCE_SESSION_EXPIRY: '600',
        HEARTLINE_AT_MOST_ONCE_CLIENT_ID: 'ward',
        AWS_ENDPOINT_URL_IOT_DATA_PLANE: 'http://127.0.0.1:9',
      },
    ],
  ])(
    '%s',
    async (_name, environment) => {
      const functions = await expectSameAsFramework(PROJECT, environment);
      expect(functions).toContain('receive-alert');
      const service = readService({ folder: PROJECT, environment, instanceId: INSTANCE });
      expect(service.functions.toSorted()).toEqual(functions.toSorted());
    },
    FRAMEWORK_DEADLINE_MS,
  );

  test('each process has an instance id of its own', () => {
    const topics = ['a', 'b'].map((instanceId) =>
      readService({ folder: PROJECT, environment: {}, instanceId })
        .read('receive-alert')
        .events.map(({ mqtt }) => mqtt),
    );
    expect(topics).toMatchObject([
      [{ clientId: 'heartline-receive-alert-a' }],
      [{ clientId: 'heartline-receive-alert-b' }],
    ]);
  });
});

const EVERY_FORM = `
service: every-form
frameworkVersion: "4"
configValidationMode: off
provider:
  name: aws
  runtime: nodejs24.x
  stage: \${env:STAGE, 'beta'}
  environment:
    SHARED: from the provider
    OVERRIDDEN: from the provider
custom:
  plain: text
  number: 7
  deep: { er: "\${self:custom.plain}-er" }
  fromFile: \${file(values.yml)}
functions:
  - \${file(functions.yml)}
  - last: { handler: a/last.handler, environment: { STAGE: "\${self:provider.stage}" } }
`;
const FUNCTIONS = `
every:
  handler: functions/every.handler
  environment:
    OVERRIDDEN: from the function
    DEFAULT: \${env:NOWHERE, 'a default, with a comma (and } more)'}
    DOUBLE: \${env:NOWHERE, "a \\"quoted\\" default"}
    FALLBACK: \${env:NOWHERE, self:custom.nowhere, self:custom.plain}
    NESTED: \${env:NOWHERE, 'in-\${sls:instanceId}-\${env:GIVEN}'}
    NAMED: \${env:\${env:NAME_OF}}
    EMPTY: \${env:EMPTY, 'not this'}
    AGAIN: \${env:REFERS}
    INSIDE: before \${env:GIVEN} between \${self:custom.number} after
    DEEP: \${self:custom.deep.er}
    FILE: \${file(values.yml):one.two}
    THROUGH: \${self:custom.fromFile.one.two}
    JSON: \${file(values.json):three}
    FOREIGN: \${AWS::Region} and $ and $\{
  events:
    - httpApi: GET /a
    - whatever: { number: "\${env:NOWHERE, 4}", flag: "\${env:NOWHERE, true}", whole: "\${file(values.yml)}" }
`;

async function writeService(files: Record<string, string>): Promise<void> {
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}

test(
  'every form of a variable that is supported means what it means to the framework',
  async () => {
    await writeService({
      'serverless.yml': EVERY_FORM,
      'functions.yml': FUNCTIONS,
      'values.yml': `one: { two: "two of \${env:GIVEN}" }\n`,
      'values.json': '{"three": "3"}',
    });
    const environment = { GIVEN: 'given', NAME_OF: 'GIVEN', EMPTY: '', REFERS: `r \${env:GIVEN}` };
    expect(await expectSameAsFramework(folder, environment)).toEqual(['every', 'last']);
    expect(read(folder, environment, 'every').environment).toMatchObject({
      NESTED: 'in-the-instance-given',
      EMPTY: '',
      AGAIN: 'r given',
    });
  },
  FRAMEWORK_DEADLINE_MS,
);

/** A function whose environment has this value. */
const withValue = (value: string) =>
  `service: s\nprovider: { name: aws }\nfunctions:\n  f:\n    handler: a.handler\n    environment: { V: ${JSON.stringify(value)} }\n`;

test.each([
  [
    'another source',
    `\${ssm:/a/b}`,
    'service_variable_unsupported',
    /functions\.f\.environment\.V: \$\{ssm:\/a\/b\}.*it reads \$\{file/,
  ],
  ['another sls', `\${sls:stage}`, 'service_variable_unsupported', /\$\{sls:stage\}/],
  ['an option', `\${opt:stage, 'x'}`, 'service_variable_unsupported', /\$\{opt:stage\}/],
  ['a script file', `\${file(a.js)}`, 'service_variable_unsupported', /YAML and JSON files only, not a\.js/],
  ['no value', `x \${env:NOWHERE}`, 'service_variable_missing', /\$\{env:NOWHERE\} has no value, and no default/],
  ['no file', `\${file(nowhere.yml)}`, 'service_variable_missing', /nowhere\.yml/],
  ['a circle', `\${self:functions.f.environment.V}`, 'service_variable_circular', /refers to itself/],
  ['a circle in text', `x \${self:functions.f.environment.V}`, 'service_variable_circular', /refers to itself/],
  ['an open brace', `\${env:A`, 'service_variable_syntax', /without its closing brace/],
  ['a bare word', `\${env:A, word}`, 'service_variable_syntax', /'word' is no variable source/],
  ['an escape', `\\\${env:A}`, 'service_variable_syntax', /escaped/],
  ['a map in a text', `x \${self:provider}`, 'service_variable_not_text', /no text, and stands inside/],
  ['a map as a value', `\${self:provider}`, 'service_invalid', /functions\.f\.environment\.V: a text, a number/],
])('%s is an error that says where and what', async (_name, value, code, message) => {
  await writeService({ 'serverless.yml': withValue(value) });
  const reading = () => read(folder, {}, 'f');
  expect(reading).toThrow(message);
  expect(reading).toThrow(expect.objectContaining({ code }));
});

test('what is wrong with one function does no harm to another', async () => {
  await writeService({
    'serverless.yml': `${withValue(`\${ssm:/a}`)}  g: { handler: b.handler, events: [{ pgmq: { queue: q } }] }\n`,
  });
  expect(read(folder, {}, 'g')).toMatchObject({ name: 's-dev-g', handler: 'b.handler' });
});

test.each([
  ['no file', {}, /There is no .*serverless\.yml/],
  ['broken YAML', { 'serverless.yml': 'a: [\n' }, /serverless\.yml: .* line 2/s],
  ['a list', { 'serverless.yml': '- a\n' }, /is no map/],
  ['a function twice', { 'serverless.yml': 'functions: [{ f: {} }, { f: {} }]' }, /function f is defined twice/],
  ['functions that are none', { 'serverless.yml': 'functions: [1]' }, /functions\[0\] is no map/],
])('%s', async (_name, files, message) => {
  await writeService(files);
  expect(() => readService({ folder, environment: {}, instanceId: INSTANCE })).toThrow(message);
});
