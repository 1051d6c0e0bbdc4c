import { z } from 'zod';
import { SEVERITIES } from '../alerts/alert-kinds.ts';
import { KINDS, NUMERIC_CODES, type NumericCode } from './kinds.ts';

/** Longer, a delay hides what it delays. */
const DELAY_MAX_S = 600;
const PRIORITIES = Object.keys(SEVERITIES) as (keyof typeof SEVERITIES)[];
const WHEN = ['always', 'awake', 'asleep'] as const;

const limitSchema = z.strictObject({
  /** While the patient sleeps, or is awake (so is one of whom nothing is known); `always` where there is none for the state. */
  when: z.enum(WHEN).default('always'),
  /** Alert below it, in the kind's unit. */
  low: z.number().optional(),
  high: z.number().optional(),
  /** Below it, at once and with high priority, whatever the delay. */
  severeLow: z.number().optional(),
  severeHigh: z.number().optional(),
  /** The value has to stay beyond the limit for so long. */
  delayS: z.number().min(0).max(DELAY_MAX_S).default(0),
  /** An alert ends when the value is back by so much within the limit. */
  hysteresis: z.number().min(0).default(0),
  priority: z.enum(PRIORITIES).default('medium'),
});
export type Limit = z.output<typeof limitSchema>;

const news2Schema = z.strictObject({
  enabled: z.boolean().default(true),
  /** Scale 2 of the RCP chart, for hypercapnic respiratory failure, as a doctor has prescribed it. */
  spo2Scale: z.union([z.literal(1), z.literal(2)]).default(1),
  supplementalOxygen: z.boolean().default(false),
});

/** What a scope says; what it does not say is its ward's, then the default's. A kind's limits are replaced as a whole; [] is none. */
export const thresholdsSchema = z
  .strictObject({
    limits: z.partialRecord(z.enum(NUMERIC_CODES), z.array(limitSchema).max(WHEN.length)).default({}),
    news2: news2Schema.optional(),
  })
  .superRefine(({ limits }, context) => {
    for (const [code, list] of Object.entries(limits) as [NumericCode, Limit[]][]) {
      for (const [index, limit] of list.entries()) {
        for (const message of contradictions(code, limit)) {
          context.addIssue({ code: 'custom', path: ['limits', code, index], message, params: { contradiction: true } });
        }
      }
      if (new Set(list.map(({ when }) => when)).size < list.length) {
        const message = 'two limits for the same state of sleep';
        context.addIssue({ code: 'custom', path: ['limits', code], message, params: { contradiction: true } });
      }
    }
  });
export type Thresholds = z.output<typeof thresholdsSchema>;

function contradictions(code: NumericCode, limit: Limit): string[] {
  const { low, high, severeLow, severeHigh, hysteresis } = limit;
  const [min, max] = KINDS[code].plausible;
  const found: string[] = [];
  const notAbove = (one: number | undefined, other: number | undefined) =>
    one !== undefined && other !== undefined && one >= other;
  if (notAbove(low, high)) found.push(`low ${low} is not below high ${high}`);
  if (notAbove(severeLow, low)) found.push(`severeLow ${severeLow} is not below low ${low}`);
  if (notAbove(high, severeHigh)) found.push(`severeHigh ${severeHigh} is not above high ${high}`);
  if (notAbove(severeLow, severeHigh)) found.push(`severeLow ${severeLow} is not below severeHigh ${severeHigh}`);
  const bounds = Object.entries({ low, high, severeLow, severeHigh });
  if (bounds.every(([, bound]) => bound === undefined))
    found.push('it has no limit: give low, high, severeLow or severeHigh');
  for (const [name, bound] of bounds) {
    if (bound !== undefined && (bound < min || bound > max))
      found.push(`${name} ${bound} is outside of ${min} to ${max}, which a patient can have`);
  }
  const [least, most] = [low ?? severeLow, high ?? severeHigh];
  if (least !== undefined && least + hysteresis > (most === undefined ? max : most - hysteresis)) {
    found.push(`hysteresis ${hysteresis} leaves no value that ends an alert below ${least}`);
  } else if (most !== undefined && most - hysteresis < (least === undefined ? min : least + hysteresis)) {
    found.push(`hysteresis ${hysteresis} leaves no value that ends an alert above ${most}`);
  }
  return found;
}

/** What holds for one patient: each kind's limits, from the narrowest scope that says something of it. */
export interface EffectiveThresholds {
  readonly limits: Readonly<Partial<Record<NumericCode, readonly Limit[]>>>;
  readonly news2: z.output<typeof news2Schema>;
}

/** From the widest scope to the narrowest; absent ones left out. */
export function effective(scopes: readonly Thresholds[]): EffectiveThresholds {
  return {
    limits: Object.assign({}, ...scopes.map(({ limits }) => limits)),
    news2: scopes.reduce((wider, { news2 }) => news2 ?? wider, news2Schema.parse({})),
  };
}

/** The limit of a kind that holds in this state of sleep. */
export function limitFor(
  limits: readonly Limit[] | undefined,
  sleep: 'awake' | 'asleep' | undefined,
): Limit | undefined {
  const state = sleep ?? 'awake';
  return limits?.find(({ when }) => when === state) ?? limits?.find(({ when }) => when === 'always');
}

/**
 * Where nobody has said otherwise: adults on an intensive care ward. Limits as monitors are delivered with them, delays and
 * hysteresis after the alarm-fatigue literature (an SpO2 delay of 15 s alone halves its alarms: Görges et al., 2009).
 */
export const DEFAULT_THRESHOLDS: Thresholds = thresholdsSchema.parse({
  limits: {
    '8867-4': [
      { low: 50, high: 120, severeLow: 40, severeHigh: 150, delayS: 10, hysteresis: 3 },
      { when: 'asleep', low: 45, high: 120, severeLow: 35, severeHigh: 150, delayS: 10, hysteresis: 3 },
    ],
    '59408-5': [{ low: 90, severeLow: 80, delayS: 15, hysteresis: 2 }],
    '9279-1': [
      { low: 8, high: 30, severeLow: 4, severeHigh: 45, delayS: 15, hysteresis: 2 },
      { when: 'asleep', low: 6, high: 30, severeLow: 3, severeHigh: 45, delayS: 15, hysteresis: 2 },
    ],
    '8480-6': [{ low: 90, high: 180, severeLow: 70, severeHigh: 220, hysteresis: 5 }],
    '8462-4': [{ low: 50, high: 110, severeLow: 35, severeHigh: 130, hysteresis: 5 }],
    '8310-5': [{ low: 35.5, high: 38.5, severeLow: 34, severeHigh: 40.5, hysteresis: 0.2, priority: 'low' }],
    '2339-0': [{ low: 70, high: 250, severeLow: 54, severeHigh: 400, hysteresis: 5 }],
  },
});
