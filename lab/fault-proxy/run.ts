import { HELP, parseArguments } from './arguments.ts';
import { startControlServer } from './control-server.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { FaultProxyError } from './fault-proxy-error.ts';

const USAGE_EXIT_CODE = 2;

/** The proxy as a process of its own, until SIGTERM or SIGINT. */
async function run(argv: readonly string[]): Promise<void> {
  const { help, listen, upstream, control, seed, identify } = parseArguments(argv);
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const onEvent = (event: object) =>
    process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
  const proxy = await startFaultProxy({ listen, upstream, seed, identify, onEvent });
  const api = await startControlServer(proxy, control).catch(async (error: unknown) => {
    await proxy.stop();
    throw error;
  });
  const stop = async () => {
    await Promise.all([proxy.stop(), api.close()]);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const bound = { listen: { host: proxy.host, port: proxy.port }, upstream, control: api.url, seed, pid: process.pid };
  process.stdout.write(`${JSON.stringify(bound)}\n`);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof FaultProxyError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = USAGE_EXIT_CODE;
});
