import { appendFileSync } from 'node:fs';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { readLinks } from '../links/links-file.ts';
import { marksFile } from '../links/marks-file.ts';
import { linkToxics, type Toxics } from '../links/toxics.ts';
import { toxicInWords } from '../report/toxic-words.ts';
import { ownStackHome } from '../run/own-stack.ts';
import { type ToxicChange, toxicCommand } from './toxic-arguments.ts';
import { TOXIC_USAGE } from './toxic-usage.ts';

export async function toxicFromCommandLine(args: string[]): Promise<number> {
  const command = toxicCommand(args);
  if (command.action === 'help') {
    process.stdout.write(TOXIC_USAGE);
    return 0;
  }
  const { home } = config();
  const target = [ownStackHome(home), home].find((folder) => readLinks(folder) !== undefined);
  const links = target === undefined ? undefined : readLinks(target);
  if (target === undefined || links === undefined) {
    const message =
      'No stack with links is running. Start one: npm run lab -- start (or an experiment), then try again.';
    throw new PermanentError('lab_not_running', message);
  }
  const toxics = linkToxics(links);
  if (command.action !== 'list') {
    const said = await change(command, toxics);
    appendFileSync(marksFile(target), `${JSON.stringify({ at: new Date().toISOString(), label: said })}\n`);
    process.stdout.write(`${said}\n`);
  }
  const all = await toxics.list();
  if (all.length === 0) process.stdout.write('No link is disturbed.\n');
  for (const toxic of all) process.stdout.write(`  ${toxic.name}: ${toxicInWords(toxic)}\n`);
  return 0;
}

/** Makes the change and says what it was. */
async function change(command: ToxicChange, toxics: Toxics): Promise<string> {
  const present = await toxics.list();
  const without = (name: string) => present.filter((toxic) => toxic.name !== name);
  switch (command.action) {
    case 'clear':
      await toxics.set([]);
      return 'removed all toxics';
    case 'add': {
      const { toxic } = command;
      const others = without(toxic.name);
      await toxics.set([...others, toxic]);
      return `${others.length < present.length ? 'changed' : 'added'} ${toxic.name}`;
    }
    case 'remove': {
      const left = without(command.name);
      if (left.length === present.length) {
        const names = present.map(({ name }) => name).join(', ') || 'none';
        throw new PermanentError('argument', `There is no toxic '${command.name}'. There are: ${names}`);
      }
      await toxics.set(left);
      return `removed ${command.name}`;
    }
  }
}
