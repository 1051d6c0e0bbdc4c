import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createLogger, type Level } from './logger.ts';
import { hashPatientId } from './patient-id.ts';
import { traceIdFrom } from './traceparent.ts';

const PATIENT = 'MRN-0042-17';
const KEY = 'key-of-a-test';

function logger(level: Level = 'info') {
  const lines: string[] = [];
  const log = createLogger({ service: 'test', level, patientIdKey: KEY, write: (line) => lines.push(line) });
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, entries };
}

describe('a line', () => {
  test('is JSON with the fields of the design', () => {
    const { log, entries } = logger();
    log
      .child({ function: 'ingest', stage: 'db-first', traceId: 'a1' })
      .info('alert stored', { eventId: 'e-1', patientId: PATIENT, count: 2n });
    expect(entries()).toEqual([
      {
        level: 'INFO',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: 'test',
        message: 'alert stored',
        function: 'ingest',
        stage: 'db-first',
        eventId: 'e-1',
        patientId: hashPatientId(PATIENT, KEY),
        traceId: 'a1',
        count: '2',
      },
    ]);
  });

  test('below the level is not written', () => {
    const { log, lines } = logger('warn');
    log.info('no');
    log.debug('no');
    log.warn('yes');
    log.error('yes');
    expect(lines).toHaveLength(2);
  });

  test("a child's fields stay with the child", () => {
    const { log, entries } = logger();
    const [a, b] = [log.child({ eventId: 'a' }), log.child({ eventId: 'b' })];
    a.info('one');
    b.info('two');
    log.info('three');
    expect(entries().map((entry) => entry['eventId'])).toEqual(['a', 'b', undefined]);
  });

  test('survives fields that cannot be read, cycles, depth and length', () => {
    const { log, entries, lines } = logger();
    const cycle: Record<string, unknown> = { name: 'cycle' };
    cycle['self'] = cycle;
    const trap = Object.defineProperty({}, 'boom', {
      enumerable: true,
      get: () => {
        throw new Error('a getter that throws');
      },
    });
    log.info('cycle', { cycle, text: 'x'.repeat(1_000_000), big: new Uint8Array(10), many: new Map([['k', 1]]) });
    log.info('trap', { trap });
    expect(entries()[0]).toMatchObject({ cycle: { self: '[circular]' }, big: '[10 bytes]' });
    expect(lines[0]?.length).toBeLessThan(5_000);
    expect(entries()[1]).toMatchObject({ message: 'trap', unreadableFields: { message: 'a getter that throws' } });
  });
});

describe('privacy', () => {
  const alert = {
    patientId: PATIENT,
    patient_name: 'Ada Lovelace',
    topic: `hl/w0/b7/${PATIENT}/alert`,
    byPatient: { [PATIENT]: 1 },
    history: [{ 'patient-id': PATIENT }, { PatientID: 'other-9000' }],
    headers: { Authorization: 'Bearer abc', cookie: 'session=abc', accessToken: 'abc' },
  };

  test('a logged alert shows neither the raw patient id, nor a name, nor a secret', () => {
    const { log, lines } = logger();
    const refused = new Error(`no bed for ${PATIENT}`, { cause: new Error(`key (${PATIENT}) exists`) });
    log.child({ patientId: PATIENT }).warn(`alert of ${PATIENT} refused`, { alert, error: refused });
    const line = lines.join('\n');
    expect(line).not.toContain(PATIENT);
    expect(line).not.toContain('other-9000');
    expect(line).not.toContain('Lovelace');
    expect(line).not.toContain('abc');
    expect(line).toContain(hashPatientId(PATIENT, KEY));
  });

  test('credentials in a text are redacted', () => {
    const { log, entries } = logger();
    log.info('GET /alerts with Bearer abc.def-1 by eyJhbGciOiJ9.eyJzdWIiOiJ9.c2ln-1 to postgres://hl:pa55@db:5432/x');
    expect(entries()[0]?.['message']).toBe(
      'GET /alerts with [redacted] by [redacted] to postgres://hl:[redacted]@db:5432/x',
    );
  });

  test('mutant: plain JSON of the same alert shows them', () => {
    expect(JSON.stringify(alert)).toContain(PATIENT);
  });

  test('an id made to look like the text around it changes no field of the program', () => {
    const { log, entries } = logger();
    for (const patientId of ['INFO', '2026', 'test', '.*', 'timestamp']) log.info('hello', { patientId });
    for (const entry of entries()) expect(entry).toMatchObject({ level: 'INFO', service: 'test', message: 'hello' });
    expect(entries().map((entry) => entry['patientId'])).toEqual(
      ['INFO', '2026', 'test', '.*', 'timestamp'].map((id) => hashPatientId(id, KEY)),
    );
  });

  test('the hash depends on the key', () => {
    expect(hashPatientId(PATIENT, 'a')).not.toBe(hashPatientId(PATIENT, 'b'));
    expect(hashPatientId(PATIENT, KEY)).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('an error', () => {
  const root = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED', detail: 'Key (patient_id)=(7)' });
  const error = Object.assign(new Error('cannot store', { cause: root }), { code: 'alert.store' });

  test('is logged with code, name, message and causes; the stack at debug only', () => {
    const { log, entries } = logger();
    log.error('failed', { error });
    expect(entries()[0]?.['error']).toEqual({
      code: 'alert.store',
      name: 'Error',
      message: 'cannot store',
      cause: { code: 'ECONNREFUSED', name: 'Error', message: 'connect refused' },
    });
    const debugging = logger('debug');
    debugging.log.error('failed', { error });
    expect(debugging.entries()[0]?.['error']).toMatchObject({ stack: expect.stringContaining('logger.test.ts') });
  });

  test('shows what it aggregates and ends a cause that is its own cause', () => {
    const { log, entries } = logger();
    const loop = new Error('loop');
    loop.cause = loop;
    log.error('failed', { error: new AggregateError([root, 'text'], '', { cause: loop }) });
    expect(entries()[0]?.['error']).toMatchObject({
      name: 'AggregateError',
      errors: [{ code: 'ECONNREFUSED' }, { message: 'text' }],
      cause: { message: 'loop' },
    });
  });
});

describe('trace ids', () => {
  test('come from a valid traceparent', () => {
    const id = '0af7651916cd43dd8448eb211c80319c';
    expect(traceIdFrom(`00-${id}-b7ad6b7169203331-01`)).toBe(id);
    expect(traceIdFrom(`cc-${id}-b7ad6b7169203331-01-later`)).toBe(id);
  });

  test.each([
    undefined,
    '',
    'x',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
  ])('are made new for %j', (traceparent) => {
    expect(traceIdFrom(traceparent)).toMatch(/^[0-9a-f]{32}$/);
    expect(traceparent ?? '').not.toContain(traceIdFrom(traceparent));
  });
});

/** What a process prints that logs a line of each level, at level debug, with this environment. */
async function printed(env: Record<string, string>) {
  const source = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)};
    const log = createLogger({ service: 's', level: 'debug', patientIdKey: 'k' });
    for (const level of ['debug', 'info', 'warn', 'error']) log[level]('two\\nlines', { error: new Error('e') });
  `;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module-typescript', '--eval', source],
    { env },
  );
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; message: string });
  return { stderr, entries };
}

test.each(['', 'true'])('writes every level to stdout, a line each, with POWERTOOLS_DEV=%j', async (dev) => {
  const { stderr, entries } = await printed({ POWERTOOLS_DEV: dev });
  expect(stderr).toBe('');
  expect(entries.map(({ level }) => level)).toEqual(['DEBUG', 'INFO', 'WARN', 'ERROR']);
});

test("Lambda's own level wins, and Powertools' word about it is a log line like any other", async () => {
  const { stderr, entries } = await printed({ AWS_LAMBDA_LOG_LEVEL: 'WARN' });
  expect(stderr).toBe('');
  expect(entries.map(({ level }) => level)).toEqual(['WARN', 'WARN', 'ERROR']);
  expect(entries[0]?.message).toContain('Advanced Logging Controls');
});
