import { KIND_CODES, KINDS } from '../../shared/vitals/kinds.ts';

/** Rules, in the order in which they are shown, and what they find. */
const RULES: Readonly<Record<string, string>> = {
  arrhythmia: 'arrhythmia',
  threshold: 'beyond a limit',
  news2: 'NEWS2',
  trend: 'trend',
  'no-data': 'no data',
  'bad-data': 'data not usable',
};

/** `HR beyond a limit, high` of `threshold/HR/high`, `VT` of `arrhythmia/VT`. */
export function conditionInWords(condition: string): string {
  const [rule = '', what = '', more] = condition.split('/');
  if (rule === 'arrhythmia') return what;
  const words = RULES[rule] ?? rule;
  if (rule === 'news2') return words;
  return `${what}: ${words}${more === undefined ? '' : `, ${more}`}`;
}

const KIND_ORDER = KIND_CODES.map((code) => KINDS[code].short);
const RULE_ORDER = Object.keys(RULES);
/** What is not listed comes last. */
const place = (list: readonly string[], name: string) => (list.includes(name) ? list.indexOf(name) : list.length);

/** By rule, then kind, as the lists above have them. */
export function compareConditions(one: string, other: string): number {
  const [ruleOne = '', kindOne = ''] = one.split('/');
  const [ruleOther = '', kindOther = ''] = other.split('/');
  return (
    place(RULE_ORDER, ruleOne) - place(RULE_ORDER, ruleOther) ||
    place(KIND_ORDER, kindOne) - place(KIND_ORDER, kindOther) ||
    (one < other ? -1 : one > other ? 1 : 0)
  );
}
