import { writeFileSync } from 'node:fs';
import pc from 'picocolors';
import { machine } from '../run/machine.ts';
import type { Expectation } from '../vitals/expectations.ts';

interface Verdict {
  /** Of the experiment, and what followed it on the command line. */
  readonly name: string;
  readonly args: readonly string[];
  /** What it was asked for, and what came of it: for the file. */
  readonly figures: object;
  readonly expectations: readonly Expectation[];
  readonly table: (colour: boolean) => string;
  /** The file for all figures. */
  readonly json: string | undefined;
}

/** Prints what came of an experiment, writes its file, and returns the exit code. */
export function tellVerdict({ name, args, figures, expectations, table, json }: Verdict): number {
  process.stdout.write(`\n${table(process.stdout.isTTY === true && pc.isColorSupported)}`);
  const command = [`npm run lab ${name} --`, ...args].join(' ');
  const result = { command, machine: machine(), ...figures, expectations };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
  return expectations.every(({ holds }) => holds) ? 0 : 1;
}
