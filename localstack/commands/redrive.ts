import { config } from '../../shared/config.ts';
import { redrive } from '../redrive/redrive.ts';
import { redriveOptions } from '../redrive/redrive-options.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run redrive [stream] [-- options]   sends dead letters back to their streams

  --list             shows what there is to redrive, and changes nothing
  --dry-run          shows what would be published where, and changes nothing
  --stream <name>    only dead letters of this stream: medical-events, or one partition
                     of it, medical-events-p0; the same as naming it first
  --function <name>  only dead letters of this function: store-alerts
  --event <id>       only dead letters of this event; may be given several times
  --since <time>     only of what was given up on since: 2026-01-31T12:00:00Z
  --limit <count>    publishes so many at most
  --skip <offset>    leaves this dead letter for good; may be given several times
  --from <stream>    where the dead letters are; default dead-letters

Each is published once, however often this is run or ended in the middle; but those
that --event or --since pick out may be published again by a later redrive of all.
  --show <offset>    shows this dead letter whole, and changes nothing
Exit code 1 if a dead letter cannot be redriven: it is named, and stays; or if there
are some, and none is of the stream or function asked for.
`;

runCommand(async (args) => {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const options = redriveOptions(args);
  if ('wrong' in options) {
    process.stderr.write(`✗ ${options.wrong}\n\n${USAGE}`);
    return 2;
  }
  return await redrive(options, {
    url: config().endpoints.rabbitmq.stream,
    print: (line) => process.stdout.write(`${line}\n`),
    // What matters of the connection ends the command, with its reason.
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error },
  });
});
