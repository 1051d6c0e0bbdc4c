import { PermanentError } from '../../shared/errors.ts';
import { faultsOf } from '../experiment/faults.ts';
import { type Toxic, toxicSchema } from '../toxic.ts';
import { TOXIC_USAGE } from './toxic-usage.ts';

export type ToxicChange =
  | { readonly action: 'clear' }
  | { readonly action: 'add'; readonly toxic: Toxic }
  | { readonly action: 'remove'; readonly name: string };
export type ToxicCommand = ToxicChange | { readonly action: 'help' } | { readonly action: 'list' };

/** What is given before the attributes. */
const PLACED = ['link', 'type'];
/** Attributes that are lists: `qos=0,1`. */
const LISTS = ['qos'];

/** What follows `npm run lab -- toxic`. @throws PermanentError `argument` that names the word that is wrong */
export function toxicCommand([action, ...rest]: readonly string[]): ToxicCommand {
  if ([action, ...rest].some((word) => word === '--help' || word === '-h')) return { action: 'help' };
  switch (action) {
    case undefined:
      throw wrong('Say what to do.');
    case 'list':
    case 'clear':
      if (rest.length > 0) throw wrong(`'${rest.join(' ')}' is too much for 'toxic ${action}'.`);
      return { action };
    case 'add':
      return { action, toxic: toxicOf(rest) };
    case 'remove': {
      const [name, ...more] = rest;
      if (name === undefined || more.length > 0) throw wrong("'toxic remove' takes one name; 'toxic list' shows them.");
      return { action, name };
    }
    default:
      throw wrong(`There is no 'toxic ${action}'.`);
  }
}

function toxicOf([link, type, ...pairs]: readonly string[]): Toxic {
  if (link === undefined || type === undefined) throw wrong("'toxic add' takes a link and a type.");
  const attributes = new Map<string, unknown>(pairs.map(attributeOf));
  const twice = PLACED.find((name) => attributes.has(name));
  if (twice !== undefined) throw wrong(`'${twice}=' is given by its place already.`);
  const parsed = toxicSchema.safeParse({ ...Object.fromEntries(attributes), link, type });
  if (parsed.success) return parsed.data;
  throw wrong(
    faultsOf(parsed.error)
      .map(({ path, message }) => `${path.join('.') || 'toxic'}: ${message}`)
      .join('\n'),
  );
}

function attributeOf(pair: string): [string, unknown] {
  const at = pair.indexOf('=');
  if (at < 1) throw wrong(`'${pair}': give it as name=value.`);
  const [name, text] = [pair.slice(0, at), pair.slice(at + 1)];
  if (name === 'name') return [name, text];
  return [name, LISTS.includes(name) ? text.split(',').map(numberIfOne) : numberIfOne(text)];
}

const numberIfOne = (text: string) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text);

const wrong = (what: string) => new PermanentError('argument', `${what}\n\n${TOXIC_USAGE}`);
