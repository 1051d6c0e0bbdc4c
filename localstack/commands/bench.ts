import { globSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { createBenchDatabases } from '../bench/bench-database.ts';
import type { BenchModule, BenchResult } from '../bench/bench-result.ts';
import { freePort } from '../services/ports.ts';
import { postgresService } from '../services/postgres.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { terminalProgress } from '../setup/progress.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run bench [-- name …] [--json FILE]     measures each feature against the bare operation, in one run

  names: ${'{names}'}
  Runs on a Postgres of its own in a temporary folder. All of them take about ten minutes. Exit code 1 if a target is missed.
`;

const MEASURED_COLUMNS = 14;
const TARGET_COLUMNS = 12;
const BYTES_PER_GIB = 1024 ** 3;

runCommand(async (args) => {
  const { projectRoot } = config();
  const files = new Map(
    globSync('{shared,localstack,lab}/**/*.bench.ts', { cwd: projectRoot })
      .sort()
      .map((file) => [basename(file, '.bench.ts'), join(projectRoot, file)]),
  );
  const usage = USAGE.replace('{names}', [...files.keys()].join(', '));
  const { values, positionals } = parse(args, usage);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = positionals.filter((name) => !files.has(name));
  if (unknown.length > 0)
    throw new PermanentError('bench_unknown', `There is no benchmark '${unknown.join("', '")}'.\n${usage}`);
  const chosen = positionals.length > 0 ? positionals : [...files.keys()];
  const results = await runAll(chosen.map((name) => files.get(name) ?? ''));
  process.stdout.write(`\n${machine()}\n\n${table(results)}\n`);
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ machine: machine(), at: new Date().toISOString(), results }, null, 2)}\n`,
    );
  return results.every((result) => result.holds) ? 0 : 1;
});

function parse(args: string[], usage: string) {
  try {
    const options = { json: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new PermanentError('argument', `${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

async function runAll(files: string[]): Promise<BenchResult[]> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-bench-'));
  const programs = await obtainPostgres(terminalProgress);
  const postgres = await postgresService({ programs, home, port: await freePort() }).start();
  const databases = createBenchDatabases(postgres.endpoints.url);
  const results: BenchResult[] = [];
  try {
    for (const file of files) {
      terminalProgress.step('bench', basename(file, '.bench.ts'));
      results.push(...(await measured(file, await databases.create())));
    }
    return results;
  } finally {
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** A benchmark that cannot run here, for want of a program, is a row that says so; the others' figures are not lost. */
async function measured(file: string, databaseUrl: string): Promise<BenchResult[]> {
  const { run } = (await import(file)) as BenchModule;
  try {
    return await run({ databaseUrl, progress: terminalProgress });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ name: basename(file, '.bench.ts'), target: '', measured: 'not measured', holds: false, detail }];
  }
}

/** Each result on two lines: the figure with its target, and how it came about. */
function table(results: BenchResult[]): string {
  const lines = results.flatMap(({ name, target, measured, holds, detail }) => [
    `${holds ? pc.green('✓') : pc.red('✗')} ${measured.padStart(MEASURED_COLUMNS)}  ${target.padEnd(TARGET_COLUMNS)} ${name}`,
    pc.dim(`  ${' '.repeat(MEASURED_COLUMNS)}  ${detail}`),
  ]);
  return `  ${'measured'.padStart(MEASURED_COLUMNS)}  ${'target'.padEnd(TARGET_COLUMNS)} what\n${lines.join('\n')}`;
}

function machine(): string {
  const { length } = cpus();
  return `${length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / BYTES_PER_GIB)} GiB, Node ${process.versions.node}, Postgres durable (fsync on)`;
}
