import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadTokens } from '../../shared/access/local-token.ts';
import { config } from '../../shared/config.ts';
import { obtainK6 } from '../setup/obtain-go-tool.ts';
import { silentProgress } from '../setup/progress.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { startFunctions, type TestFunctions } from '../testing/functions.ts';

const START_TIMEOUT_MS = 120_000;
const LOAD_TIMEOUT_MS = 120_000;

/** What k6 ends with when a threshold is missed or a script says that the test failed. */
const K6_FAILED = [99, 110];

describe('k6/db-first.ts', () => {
  let database: TestDatabase;
  let functions: TestFunctions;
  beforeAll(async () => {
    database = await testDatabase();
    // What is asked is what becomes of each alert: a busy machine's second is no reason to refuse one.
    functions = await startFunctions(database.url, { HEARTLINE_DB_TIMEOUT_MS: '20000' });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await functions.stop();
    await database.drop();
  });

  async function k6(): Promise<{ code: number | null; output: string }> {
    const script = join(config().projectRoot, 'k6', 'db-first.ts');
    // How fast an answer comes is not asked here (other tests run beside this one): the benchmark prints it.
    const options = ['run', '-e', `BASE_URL=${functions.http}`, '-e', 'DURATION=4s', '-e', 'SPEED=any', script];
    const child = spawn(await obtainK6(silentProgress), options, {
      env: { ...process.env, ...(await loadTokens()), K6_NO_USAGE_REPORT: 'true' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
    return { code, output };
  }

  test('alerts = notifications, redelivered ones included', { timeout: LOAD_TIMEOUT_MS }, async () => {
    const { code, output } = await k6();
    expect(code, output).toBe(0);
    const { rows } = await database.pool.query(
      `SELECT (SELECT count(*)::int FROM db_first.alerts) AS alerts, (SELECT count(*)::int FROM db_first.notifications) AS notified`,
    );
    expect(rows[0].alerts).toBeGreaterThan(300);
    expect(rows[0].notified).toBe(rows[0].alerts);
    expect(output).toMatch(/alerts_redelivered\W+1\d/);
  });

  test('fails when one alert is stored and not notified', { timeout: LOAD_TIMEOUT_MS }, async () => {
    // The mutant: a queue that loses the message of one event in fifty.
    await database.pool.query(
      `CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
       CREATE TRIGGER lose BEFORE INSERT ON pgmq.q_db_first_alerts FOR EACH ROW
         WHEN ((NEW.message->>'eventId') LIKE '%32') EXECUTE FUNCTION lose()`,
    );
    const { code, output } = await k6();
    expect(K6_FAILED, output).toContain(code);
    expect(output).toContain('stored alerts were not notified');
  });
});
