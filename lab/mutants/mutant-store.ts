import { createDatabase, type Database } from '../../shared/postgres/database.ts';
import type { StageMutant } from './stage-mutants.ts';

const TIMEOUT_MS = 10_000;
let changes = 0;
const DEFINITION = 'SELECT pg_get_functiondef($1::regproc) AS text';

/** Makes the database of a stage wrong. @throws Error when what is to be rewritten is not there: then there is no mutant */
export async function applyMutant(url: string, { statements, rewrites }: StageMutant): Promise<void> {
  const database = createDatabase({ url, poolSize: 1, timeoutMs: TIMEOUT_MS, applicationName: 'heartline-mutant' });
  try {
    for (const text of statements) await change(database, text);
    for (const [name, rewritten] of Object.entries(rewrites)) await rewriteFunction(database, name, rewritten);
  } finally {
    await database.close();
  }
}

/** @param name with its schema; @throws Error when a text is not in the function */
export async function rewriteFunction(
  database: Database,
  name: string,
  rewritten: readonly (readonly [from: string, to: string])[],
): Promise<void> {
  const [row] = await database.query<{ text: string }>({ name: 'function', text: DEFINITION, values: [name] });
  let text = row?.text ?? '';
  for (const [from, to] of rewritten) {
    if (!text.includes(from)) throw new Error(`${name} has no '${from}'`);
    text = text.replace(from, () => to);
  }
  await change(database, text);
}

/** Under a name of its own: under one name, a connection takes one text. */
async function change(database: Database, text: string): Promise<void> {
  changes += 1;
  await database.query({ name: `mutant-${changes}`, text, values: [] });
}
