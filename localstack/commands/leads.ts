import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { TOPIC_LEVEL } from '../../shared/mqtt/device-topic.ts';
import { isStackAlive, readStack } from '../../shared/stack-file.ts';
import { readLeads, writeLeads } from '../vitals-ward/leads-file.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run leads                       which beds' electrodes are off
npm run leads off icu-1/bed-03      takes a patient's electrodes off
npm run leads on icu-1/bed-03       puts them on again
npm run leads on all                all of them

Of the patients that npm start plays. Their monitor says so at once, and has no
heart rate, respiration and ECG until they are on again.
`;

const LEVEL = TOPIC_LEVEL.slice(1, -1);
const BED = new RegExp(`^${LEVEL}/${LEVEL}$`);

runCommand(async (args) => {
  const [what, bed, ...more] = args;
  if (what === '--help' || what === '-h') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { home } = config();
  const off = readLeads(home);
  if (what === undefined) return show(off);
  if ((what !== 'off' && what !== 'on') || bed === undefined || more.length > 0) {
    throw new PermanentError('argument', `npm run leads ${args.join(' ')}: say on or off, and a bed.\n\n${USAGE}`);
  }
  const isAll = what === 'on' && bed === 'all';
  if (!isAll && !BED.test(bed)) {
    throw new PermanentError('argument', `${bed} is no bed: give ward/bed, such as icu-1/bed-03.`);
  }
  const stack = readStack(home);
  if (stack === undefined || !isStackAlive(stack)) {
    throw new PermanentError('no_stack', 'No ward is playing here: npm start first.');
  }
  const others = off.filter((one) => !isAll && one !== bed);
  writeLeads(home, what === 'off' ? [...others, bed] : others);
  return show(readLeads(home));
});

function show(off: readonly string[]): number {
  process.stdout.write(off.length === 0 ? 'All electrodes are on.\n' : `Off: ${off.join(', ')}\n`);
  return 0;
}
