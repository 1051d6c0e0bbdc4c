/** What was seen under a name, so that a request can ask for what is there, and send again what was sent. */
export interface Memory {
  recall(name: string, index: number): string | undefined;
  /** Keeps the texts of a value that have one of the names. */
  keep(value: unknown): void;
}

/** Of each name; the newest. */
const KEPT_MAX = 30;
/** Under what names a member of an answer is asked for. */
const ALIASES = new Map([['nextCursor', ['cursor', 'since']]]);
const DEPTH_MAX = 6;

/** @param names those of parameters: what is worth keeping */
export function memoryOf(names: Iterable<string>): Memory {
  const kept = new Map([...names].map((name): [string, string[]] => [name, []]));
  function keepText(name: string, text: string): void {
    const texts = kept.get(name);
    if (texts === undefined || texts.includes(text)) return;
    texts.push(text);
    if (texts.length > KEPT_MAX) texts.shift();
  }
  function keep(value: unknown, depth: number): void {
    if (value === null || typeof value !== 'object' || depth > DEPTH_MAX) return;
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'string') for (const one of ALIASES.get(name) ?? [name]) keepText(one, member);
      else keep(member, depth + 1);
    }
  }
  return {
    recall(name, index) {
      const texts = kept.get(name) ?? [];
      return texts[index % texts.length];
    },
    keep: (value) => keep(value, 0),
  };
}
