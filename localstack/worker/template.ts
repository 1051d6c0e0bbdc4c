// The framework's variable syntax: `text ${type(params):address, fallback, 'literal'} text`, nested as deep as one likes.
import { PermanentError } from '../../shared/errors.ts';

/** One place that a variable's value may come from. `params` and `address` may hold variables themselves. */
export type VariableSource =
  | { readonly kind: 'literal'; readonly value: unknown }
  | {
      readonly kind: 'source';
      readonly type: string;
      readonly params: string | undefined;
      readonly address: string | undefined;
    };

/** A stretch of text, or a variable with its sources in the order in which they are asked. */
export type TemplatePart = string | { readonly text: string; readonly sources: readonly VariableSource[] };

const OPENING = '${';
/** The framework leaves `${AWS::Region}` and the like to CloudFormation: its own types begin with a small letter. */
const OWN_TYPE = /^[a-z]/;
const SOURCE = /^([a-z][a-zA-Z0-9]*)(?:\((.*)\))?(?::(.*))?$/s;
const QUOTED = /^(?:'.*'|".*")$/s;
const LITERALS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

function syntaxError(text: string, what: string): PermanentError {
  return new PermanentError('service_variable_syntax', `${what} in "${text}"`);
}

/** Index after the `}` of the variable that opens at `start`. */
function endOfVariable(text: string, start: number): number {
  let quote: string | undefined;
  for (let at = start + OPENING.length; at < text.length; at += 1) {
    const character = text[at];
    if (text.startsWith(OPENING, at)) at = endOfVariable(text, at) - 1;
    else if (quote !== undefined) quote = character === quote ? undefined : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (character === '}') return at + 1;
  }
  throw syntaxError(text, 'a variable without its closing brace');
}

/** Splits at commas that stand in no quotes, parentheses or nested variable. */
function splitSources(body: string): string[] {
  const found: string[] = [];
  let from = 0;
  let parentheses = 0;
  let quote: string | undefined;
  for (let at = 0; at < body.length; at += 1) {
    const character = body[at];
    if (body.startsWith(OPENING, at)) at = endOfVariable(body, at) - 1;
    else if (quote !== undefined) quote = character === quote ? undefined : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (character === '(') parentheses += 1;
    else if (character === ')') parentheses -= 1;
    else if (character === ',' && parentheses === 0) {
      found.push(body.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...found, body.slice(from).trim()];
}

function literalIn(text: string): VariableSource | undefined {
  if (QUOTED.test(text))
    return { kind: 'literal', value: text.startsWith('"') ? doubleQuoted(text) : text.slice(1, -1) };
  if (LITERALS.has(text)) return { kind: 'literal', value: LITERALS.get(text) };
  if (text !== '' && !Number.isNaN(Number(text))) return { kind: 'literal', value: Number(text) };
  return undefined;
}

function doubleQuoted(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw syntaxError(text, 'a double-quoted text that is not JSON');
  }
}

function sourceOf(text: string, isFirst: boolean, variable: string): VariableSource {
  const literal = isFirst ? undefined : literalIn(text);
  if (literal !== undefined) return literal;
  const [, type, params, address] = SOURCE.exec(text) ?? [];
  // A bare word has neither parameters nor an address: the framework takes it for no source either.
  if (type === undefined || (params === undefined && address === undefined)) {
    throw syntaxError(variable, `'${text}' is no variable source`);
  }
  return { kind: 'source', type, params, address };
}

/**
 * Splits a text into stretches and variables.
 * @throws PermanentError `service_variable_syntax`
 */
export function parseTemplate(text: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (let at = text.indexOf(OPENING); at !== -1; at = text.indexOf(OPENING, at)) {
    if (!OWN_TYPE.test(text.slice(at + OPENING.length))) {
      at += OPENING.length;
      continue;
    }
    if (text[at - 1] === '\\') throw syntaxError(text, 'an escaped variable, which only the framework reads,');
    const end = endOfVariable(text, at);
    const variable = text.slice(at, end);
    if (at > from) parts.push(text.slice(from, at));
    const sources = splitSources(variable.slice(OPENING.length, -1));
    parts.push({ text: variable, sources: sources.map((source, index) => sourceOf(source, index === 0, variable)) });
    from = end;
    at = end;
  }
  return from < text.length ? [...parts, text.slice(from)] : parts;
}
