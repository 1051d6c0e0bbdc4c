import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { jsonSchemaOf } from '../../shared/json-schema.ts';
import { readRoutes } from '../../shared/openapi/read-routes.ts';
import { checksOf } from './checks.ts';
import { fuzz } from './fuzz.ts';
import { fuzzReport } from './fuzz-report.ts';
import { memoryOf } from './memory.ts';
import { type Change, type Respond, startTestServer } from './test-server.ts';
import { validValues } from './valid-values.ts';
import { changed } from './wrong-values.ts';

const SEED = 20_261_122;
const RUNS = 30;
const routes = (await readRoutes()).flatMap(({ path, description: { body } }) => (body ? [{ path, body }] : []));
const [checks, memory] = [checksOf({}), memoryOf([])];

describe.each(routes)('bodies for $path', ({ body, path }) => {
  const schema = jsonSchemaOf(body);
  const valid = validValues(schema, checks, memory);

  test('that are valid are taken by the schema that checks them; that are wrong in one thing are not', () => {
    const settings = { numRuns: RUNS, seed: SEED };
    const faults = (value: unknown) => body.safeParse(listed(value)).error?.issues ?? [];
    fc.assert(
      fc.property(valid, (value) => void expect(faults(value)).toEqual([])),
      settings,
    );
    // Of a list each item is judged by itself.
    if (path === '/events/batch') return;
    const wrong = valid.chain(changed).filter((value) => !checks.isValid(schema, value));
    fc.assert(
      fc.property(wrong, (value) => void expect(faults(value)).not.toEqual([])),
      settings,
    );
  });
});

/** As readJsonList hands it over. */
const listed = (value: unknown) => (Array.isArray(value) ? value.map((item: unknown) => ({ value: item })) : value);

describe('a route', () => {
  let close = async () => {
    // none was started
  };
  afterEach(() => close());
  const respond: Respond = async ({ body }) => ({ status: 201, body });
  async function run(by: Respond, change?: Change) {
    const server = await startTestServer(by, change);
    close = server.close;
    const results = await fuzz({ url: server.url, document: server.document, seed: SEED, runs: 120 });
    return { ...server, results, report: fuzzReport(results, SEED) };
  }

  test('that answers as it says is found right; the same seed sends the same', async () => {
    const { results, received, report } = await run(respond);
    expect(results[0]?.failure).toBeUndefined();
    expect(results[0]?.accepted).toBeGreaterThan(20);
    expect(Math.max(...report.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    await close();
    expect((await run(respond)).received).toEqual(received);
  });

  test('that throws for one odd value is found, with the smallest request as a line of curl', async () => {
    const { results, report } = await run(async ({ body, ...rest }) => {
      if (body.quantity > 900) throw new Error('overflow');
      return respond({ body, ...rest });
    });
    const { fault = '', curl = '' } = results[0]?.failure ?? {};
    expect(fault).toContain('status 500');
    expect(curl).toMatch(/"quantity":901\}/);
    expect(report).toContain(curl);
    expect(report).toContain(`seed ${SEED}`);
  });

  const orders: [string, RegExp, Change][] = [
    [
      'has a status that is not documented',
      /status 206 is not in the document/,
      (answer) => (answer.statusCode === 201 ? { ...answer, statusCode: 206 } : answer),
    ],
    [
      'has a body that is not documented',
      /not as in the document/,
      (answer) => (answer.statusCode === 201 ? { ...answer, body: '{}' } : answer),
    ],
    [
      'says more than is documented',
      /additional properties/,
      (answer) =>
        answer.statusCode === 201 ? { ...answer, body: (answer.body ?? '').replace('}', ',"secret":1}') } : answer,
    ],
    [
      'has a problem without its code',
      /not as in the document/,
      (answer) => (answer.statusCode === 400 ? { ...answer, body: '{"status":400}' } : answer),
    ],
    [
      'has a problem as another type',
      /type 'text\/html'/,
      (answer) =>
        answer.statusCode === 400 ? { ...answer, headers: { ...answer.headers, 'content-type': 'text/html' } } : answer,
    ],
    [
      'tells of a stack',
      /tells of our code/,
      (answer) =>
        answer.statusCode === 400
          ? { ...answer, body: (answer.body ?? '').replace('"detail":"', '"detail":"at parse (/srv/app.ts:3:1) ') }
          : answer,
    ],
    [
      'takes what is wrong',
      /wrong by the document/,
      (answer, sent) => (sent.includes('no such member') ? { ...answer, statusCode: 201, body: sent } : answer),
    ],
    [
      'does not say what is allowed',
      /without the header allow/,
      ({ headers: { allow: _, ...headers } = {}, ...answer }) => ({ ...answer, headers }),
    ],
    [
      'does another thing by another method',
      /not 405/,
      (answer) => (answer.statusCode === 405 ? { ...answer, statusCode: 400 } : answer),
    ],
  ];
  test.each(orders)('that %s is found', async (_, fault, change) => {
    expect((await run(respond, change)).results[0]?.failure?.fault).toMatch(fault);
  });
});
