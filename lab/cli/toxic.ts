import { appendFileSync } from 'node:fs';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { readLinks } from '../links/links-file.ts';
import { marksFile } from '../links/marks-file.ts';
import { linkToxics, type Toxics } from '../links/toxics.ts';
import { toxicInWords } from '../report/toxic-words.ts';
import { ownStackHome } from '../run/own-stack.ts';
import { LINKS, TOXIC_TYPES, type Toxic, toxicListSchema } from '../toxic.ts';

const USAGE = `npm run lab -- toxic list                            what is disturbed now
npm run lab -- toxic add <link> <type> [name=value …]   adds a fault, or changes the one of the same name
npm run lab -- toxic remove <name>                      takes one out
npm run lab -- toxic clear                              takes all out

  links: ${Object.keys(LINKS).join(', ')}
  types: ${TOXIC_TYPES.join(', ')}
  npm run lab -- toxic add consumer-broker drop rate=0.1
  npm run lab -- toxic add backend-database latency latencyMs=200 jitterMs=50 name=slow
  Acts on the stack of the experiment that runs, else on that of 'npm run lab -- start'.
`;

export async function toxicFromCommandLine([action, ...rest]: string[]): Promise<number> {
  if (action === undefined || action === '--help' || action === '-h') {
    process.stdout.write(USAGE);
    return action === undefined ? 2 : 0;
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
  if (action !== 'list') {
    const said = await change(action, rest, toxics);
    appendFileSync(marksFile(target), `${JSON.stringify({ at: new Date().toISOString(), label: said })}\n`);
    process.stdout.write(`${said}\n`);
  }
  const all = await toxics.list();
  if (all.length === 0) process.stdout.write('No link is disturbed.\n');
  for (const toxic of all) process.stdout.write(`  ${toxic.name}: ${toxicInWords(toxic)}\n`);
  return 0;
}

/** Makes the change and says what it was. */
async function change(action: string, rest: string[], toxics: Toxics): Promise<string> {
  const present = await toxics.list();
  switch (action) {
    case 'add': {
      const toxic = toxicOf(rest);
      await toxics.set([...present.filter(({ name }) => name !== toxic.name), toxic]);
      return `added ${toxic.name}`;
    }
    case 'remove': {
      const [name] = rest;
      const left = present.filter((toxic) => toxic.name !== name);
      if (left.length === present.length) {
        const names = present.map((toxic) => toxic.name).join(', ') || 'none';
        throw new PermanentError('argument', `There is no toxic '${name ?? ''}'. There are: ${names}`);
      }
      await toxics.set(left);
      return `removed ${name}`;
    }
    case 'clear':
      await toxics.set([]);
      return 'removed all toxics';
    default:
      throw new PermanentError('argument', `There is no 'toxic ${action}'.\n\n${USAGE}`);
  }
}

function toxicOf([link, type, ...pairs]: string[]): Toxic {
  const attributes = pairs.map((pair) => {
    const [name = '', value] = pair.split('=', 2);
    if (value === undefined) throw new PermanentError('argument', `'${pair}': give it as name=value.\n\n${USAGE}`);
    return [name, value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value] as const;
  });
  const parsed = toxicListSchema.safeParse([{ link, type, ...Object.fromEntries(attributes) }]);
  const toxic = parsed.data?.[0];
  if (toxic) return toxic;
  const faults = parsed.error?.issues.map(({ path, message }) => `${path.slice(1).join('.') || 'toxic'}: ${message}`);
  throw new PermanentError('argument', `${faults?.join('\n')}\n\n${USAGE}`);
}
