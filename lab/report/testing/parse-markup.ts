/** An element as the tests look at it. */
export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  /** Own text and that of all inside. */
  text: string;
}

const VOID = new Set(['meta', 'wbr', '!doctype']);
const TOKEN = /<(\/?)([!a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>|([^<]+)/y;
const ATTRIBUTE = /([\w:-]+)(?:="([^"]*)")?/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** Reads strictly well-formed markup; anything else (a stray `<`, a tag that is not closed) is an error. */
export function parseMarkup(markup: string): Element {
  const root: Element = { tag: '', attributes: {}, children: [], text: '' };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < markup.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(markup);
    if (!match) throw new Error(`no markup: ${markup.slice(from, from + 80)}`);
    const [, closes, tag = '', attributes = '', selfClosed, text] = match;
    const parent = open.at(-1) ?? root;
    if (text !== undefined) for (const one of open) one.text += unescaped(text);
    else if (closes) {
      if (parent.tag !== tag.toLowerCase()) throw new Error(`</${tag}> closes <${parent.tag}>`);
      open.pop();
    } else {
      const element = { tag: tag.toLowerCase(), attributes: attributesOf(attributes), children: [], text: '' };
      parent.children.push(element);
      if (!selfClosed && !VOID.has(element.tag)) open.push(element);
    }
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)?.tag}> is not closed`);
  return root;
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(ATTRIBUTE)].map(([, name = '', value = '']) => [name, unescaped(value)]));
}

function unescaped(text: string): string {
  return text.replace(/&([a-z]+|#39);/g, (entity, name) => ENTITIES[name] ?? entity);
}

/** All elements inside for which the condition holds, in their order. */
export function findAll(within: Element, condition: (element: Element) => boolean): Element[] {
  return within.children.flatMap((child) => [...(condition(child) ? [child] : []), ...findAll(child, condition)]);
}

export const withTag = (within: Element, tag: string): Element[] => findAll(within, (one) => one.tag === tag);

/** The only such element. */
export function only(elements: readonly Element[]): Element {
  const [first] = elements;
  if (!first || elements.length > 1) throw new Error(`${elements.length} elements where one was expected`);
  return first;
}
