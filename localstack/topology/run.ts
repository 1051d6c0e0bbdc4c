import { config } from '../../shared/config.ts';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { runCommand } from '../commands/run-command.ts';
import { terminalProgress } from '../setup/progress.ts';
import { applyTopology, checkTopology } from './apply-topology.ts';

const USAGE = `node localstack/topology/run.ts [--check | --drained]

Gives RabbitMQ the streams, bindings and retention of functions/topology.yml, as the start
does. The broker: HEARTLINE_STREAM_URL and HEARTLINE_MANAGEMENT_URL, or the running stack's.

  --check     changes nothing; exit code 1 if something differs
  --drained   adds partitions, moves wards and removes bindings that are not in the file.
              Publishers must be stopped, and consumers must have finished.
`;
const WRONG_USAGE = 2;
const NAME = 'topology';

const say = { done: terminalProgress.done, note: terminalProgress.note };
const logger = {
  debug: () => undefined,
  info: (message: string) => say.done(NAME, message.replace(/^topology: /, '')),
  warn: (message: string) => say.note(NAME, message.replace(/^topology: /, '')),
  error: (message: string) => say.note(NAME, message),
};

runCommand(async (args) => {
  const [flag, ...rest] = args;
  if (rest.length > 0 || (flag !== undefined && flag !== '--check' && flag !== '--drained')) {
    process.stdout.write(USAGE);
    return flag === '--help' || flag === '-h' ? 0 : WRONG_USAGE;
  }
  const { stream: streamUrl, management: managementUrl } = config().endpoints.rabbitmq;
  const options = { streamUrl, managementUrl, topology: readTopology(), logger };
  if (flag === '--check') {
    const differences = await checkTopology(options);
    for (const { object, text } of differences) process.stdout.write(`${object} ${text}\n`);
    return differences.length === 0 ? 0 : 1;
  }
  const { unchanged } = await applyTopology({ ...options, drained: flag === '--drained' });
  if (unchanged.length > 0) say.done(NAME, `${unchanged.length} streams were there`);
  return 0;
});
