import { PermanentError } from '../../shared/errors.ts';

/** A stage made wrong on purpose: a thought is taken out of its database's functions, and the constraints that would stop it. */
export interface StageMutant {
  readonly title: string;
  /** Before the functions change. */
  readonly statements: readonly string[];
  /** What is in a function, and what then is: by the function's name. */
  readonly rewrites: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>;
}

/** By stage. What a mutant breaks, the verdict has to find. */
const STAGE_MUTANTS: Readonly<Record<string, Readonly<Record<string, StageMutant>>>> = {
  purchase: {
    'no-dedupe': {
      title: 'a purchase that came before is decided again',
      statements: [
        'ALTER TABLE purchase.orders DROP CONSTRAINT orders_pkey',
        'ALTER TABLE purchase.orders DROP CONSTRAINT orders_key_key',
        'CREATE INDEX ON purchase.orders (order_id)',
      ],
      rewrites: {
        'purchase.buy': [
          ['WHERE key = the_key;', 'WHERE false;'],
          ['ON CONFLICT (key) DO NOTHING', ''],
        ],
        'purchase.fulfil': [
          ['SELECT DISTINCT ON (order_id) *', 'SELECT *'],
          ['WHERE NOT EXISTS (SELECT FROM purchase.orders AS o WHERE o.order_id = i.order_id)', ''],
          [`WHEN one.is_reused THEN 'key_reused'`, ''],
        ],
      },
    },
    'no-guard': {
      title: 'whatever is left, it is sold',
      statements: ['ALTER TABLE purchase.stock DROP CONSTRAINT stock_check'],
      rewrites: {
        'purchase.buy': [
          ['left_over < the_quantity', 'false'],
          ['AND available >= the_quantity', ''],
        ],
        'purchase.fulfil': [['left_over < one.quantity', 'false']],
      },
    },
  },
  'medical-events': {
    'no-dedupe': {
      title: 'an event that was processed is processed again when its record comes again',
      statements: ['ALTER TABLE medical_events.events DROP CONSTRAINT events_check'],
      rewrites: {
        'medical_events.begin_events': [[`e.status = 'queued'`, `e.status IN ('queued', 'processed')`]],
      },
    },
  },
};

/** @throws PermanentError `argument` that names those that there are */
export function stageMutant(stage: string, name: string): StageMutant {
  const mutants = STAGE_MUTANTS[stage] ?? {};
  const found = Object.hasOwn(mutants, name) ? mutants[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(mutants).join(', ');
  const there = names === '' ? `Of stage ${stage} there are none.` : `Stage ${stage} has: ${names}`;
  throw new PermanentError('argument', `--mutant ${name}: there is no such mutant. ${there}`);
}
