import { localToken } from '../../shared/access/local-token.ts';
import { ACCESS_ROLES } from '../../shared/access/principal.ts';
import { config } from '../../shared/config.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { fuzzOptions } from '../fuzz/fuzz-options.ts';
import { fuzzReport } from '../fuzz/fuzz-report.ts';
import { servedDocument } from '../fuzz/served-document.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run fuzz [-- options]     sends every route of /openapi.json what is right, wrong and hostile

  --url <url>     where the routes are; default: the running stack
  --runs <n>      requests a route; default 100
  --seed <n>      a run's seed, which it prints: the same requests again

What it sends is stored: use a stack that may be reset. No answer may be a 5xx, have
a status, a type or a body that the document does not say, or tell of our code.
Each is sent by a role that may, by another, or by nobody (npm run token).
Exit code 1 if one does: it is printed as a line of curl.
`;

const tokensOfAll = async () =>
  new Map(await Promise.all(ACCESS_ROLES.map(async (role) => [role, await localToken(role)] as const)));

runCommand(async (args) => {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const options = fuzzOptions(args);
  if ('wrong' in options) {
    process.stderr.write(`✗ ${options.wrong}\n\n${USAGE}`);
    return 2;
  }
  const { runs, seed } = options;
  const url = options.url ?? config().endpoints.http;
  const document = await servedDocument(url);
  process.stderr.write(`▸ fuzz       ${url}, seed ${seed}\n`);
  const isTerminal = process.stderr.isTTY;
  const results = await fuzz({
    url,
    tokens: await tokensOfAll(),
    document,
    seed,
    runs,
    onProgress: (done, of) =>
      void (isTerminal && process.stderr.write(`\r▸ fuzz       ${Math.floor((100 * done) / of)} % `)),
  });
  if (isTerminal) process.stderr.write('\r\u001b[K');
  process.stdout.write(fuzzReport(results, seed));
  return results.some(({ failure }) => failure) ? 1 : 0;
});
