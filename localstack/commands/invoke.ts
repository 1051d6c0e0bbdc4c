import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { config } from '../../shared/config.ts';
import { PermanentError, TransientError } from '../../shared/errors.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run invoke <function> [event.json]     invokes a function of the running stack, as Lambda does

  <function>     {functions}
  [event.json]   the event; without it the sample in functions/<stage>/events/<function>.json; - reads standard input

Prints what the function returns. Exit code 1 if it threw.
`;

const SERVICE_AND_STAGE = 'heartline-local';

runCommand(async (args) => {
  const { projectRoot, endpoints } = config();
  const samples = new Map(
    globSync('functions/*/events/*.json', { cwd: projectRoot }).map((file) => [
      basename(file, '.json'),
      join(projectRoot, file),
    ]),
  );
  const usage = USAGE.replace('{functions}', [...samples.keys()].sort().join(', '));
  const [name, eventFile] = args;
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(usage);
    return name === undefined ? 2 : 0;
  }
  const event = readEvent(name, eventFile ?? samples.get(name), usage);
  const url = `${endpoints.lambda}/2015-03-31/functions/${SERVICE_AND_STAGE}-${name}/invocations`;
  const answer = await post(url, event);
  const body = await answer.text();
  process.stdout.write(`${pretty(body)}\n`);
  if (answer.status === 404) throw new PermanentError('function_unknown', `There is no function '${name}'.\n${usage}`);
  return answer.ok && !answer.headers.has('x-amz-function-error') ? 0 : 1;
});

function readEvent(name: string, file: string | undefined, usage: string): string {
  if (file === undefined)
    throw new PermanentError('function_unknown', `There is no sample event for '${name}'.\n${usage}`);
  if (file !== '-' && !existsSync(file)) throw new PermanentError('event_missing', `There is no file ${file}.`);
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  try {
    JSON.parse(text);
  } catch (error) {
    throw new PermanentError('event_invalid', `${file} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  return text;
}

async function post(url: string, body: string): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  } catch (error) {
    const message = `Nothing answers at ${new URL(url).origin}: is 'npm start' running? (HEARTLINE_LAMBDA_URL names another place)`;
    throw new TransientError('lambda_unavailable', message, { cause: error });
  }
}

/** The function's answer, indented; a JSON body inside it (API Gateway's shape has it as text) is shown as JSON, too. */
function pretty(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && 'body' in answer && typeof answer.body === 'string') {
      return JSON.stringify({ ...answer, body: asJson(answer.body) }, null, 2);
    }
    return JSON.stringify(answer, null, 2);
  } catch {
    return text; // not JSON: shown as it came
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
