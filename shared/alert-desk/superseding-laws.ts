// Episodes of a few conditions, one after the other, for the laws of what takes the place of what; and what breaks them.
import fc from 'fast-check';
import type { Severity } from '../alerts/alert-kinds.ts';
import { handle } from './alert-lifecycle.ts';
import { rings } from './alert-state.ts';
import type { AuditEntry, DeskInput } from './desk-input.ts';
import { DEFAULT_RULES } from './desk-rules.ts';
import { eventOf } from './lifecycle-model.ts';
import { type Episode, superseded } from './superseding.ts';
import { nextDueAtMs } from './timers.ts';

const PRIORITIES = ['low', 'medium', 'high'] as const;

export const scenarios = fc.array(
  fc.record({
    patientId: fc.constantFrom('p-1', 'p-1', 'p-2'),
    condition: fc.constantFrom('threshold/HR/high', 'threshold/HR/high', 'arrhythmia/VT'),
    rule: fc.constantFrom('threshold', 'threshold', 'threshold', 'unassigned'),
    priority: fc.constantFrom<Severity>(...PRIORITIES),
    /** Of the episode, by the device's clock, which may be heard of late. */
    onsetS: fc.integer({ min: 0, max: 20 }),
    fate: fc.constantFrom('goes on', 'ends', 'is acknowledged', 'is closed'),
  }),
  { minLength: 2, maxLength: 10 },
);
type Scenario = typeof scenarios extends fc.Arbitrary<infer Made> ? Made : never;
export type Supersede = typeof superseded;

interface Moment {
  readonly newer: Episode;
  readonly before: readonly Episode[];
  readonly after: readonly Episode[];
  readonly audit: readonly AuditEntry[];
  readonly atMs: number;
}

const CHIEF = { id: 'chief', role: 'charge-nurse' };

/** What becomes of the alerts when each new one is heard of; what is said of it meanwhile comes after. */
function* moments(scenario: Scenario, supersede: Supersede): Generator<Moment> {
  const episodes = new Map<string, Episode>();
  const say = (id: string, input: DeskInput): readonly AuditEntry[] => {
    const known = episodes.get(id);
    const { state, audit } = handle(known?.state, input, DEFAULT_RULES);
    if (state !== undefined && known !== undefined) episodes.set(id, { ...known, state });
    return audit;
  };
  for (const [index, { fate, onsetS, ...made }] of scenario.entries()) {
    const atMs = index * 1_000;
    const alertId = `alert-${index}`;
    const onset = new Date(onsetS * 1_000).toISOString();
    const event = eventOf({ ...made, alertId, onset });
    const { state } = handle(undefined, { input: 'event', event, atMs }, DEFAULT_RULES);
    if (state === undefined) throw new Error('an event that is new makes an alert');
    const newer = { state, onset };
    episodes.set(alertId, newer);
    const before = [...episodes.values()];
    const audit = [...supersede(newer, before, atMs)].flatMap(([id, input]) => say(id, input));
    yield { newer, before, after: [...episodes.values()], audit, atMs };
    if (fate === 'ends') say(alertId, { input: 'event', event: { ...event, type: 'end', sequence: 2 }, atMs });
    if (fate !== 'is acknowledged' && fate !== 'is closed') continue;
    const type = fate === 'is closed' ? 'close' : 'acknowledge';
    const said = { type, key: alertId, who: CHIEF, why: 'seen', atMs, expectedVersion: 1 } as const;
    say(alertId, { input: 'command', command: said });
  }
}

export type Law = (scenario: Scenario, supersede: Supersede) => boolean;
const always =
  (holds: (moment: Moment) => boolean): Law =>
  (scenario, supersede) => {
    for (const moment of moments(scenario, supersede)) if (!holds(moment)) return false;
    return true;
  };

const isOpen = ({ state: { phase } }: Episode) => phase === 'active' || phase === 'resolved';
const rank = ({ state: { priority } }: Episode) => PRIORITIES.indexOf(priority);
const isSame = (one: Episode, other: Episode) =>
  one.state.patientId === other.state.patientId && one.state.condition === other.state.condition;
const gone = ({ before, after }: Moment) =>
  before.filter((one) => isOpen(one) && !after.some((two) => two.state.alertId === one.state.alertId && isOpen(two)));

export const laws: Record<string, Law> = {
  'of a patient and condition there is one open alert that is not more urgent and unseen': always(
    ({ newer, after }) =>
      newer.state.rule === 'unassigned' ||
      after.every(
        (one) =>
          one.state.alertId === newer.state.alertId ||
          !isOpen(one) ||
          !isSame(one, newer) ||
          one.onset > newer.onset ||
          (one.state.isLatched && rank(one) > rank(newer)),
      ),
  ),
  'nothing of another patient or condition is touched, nor what began later': always((moment) =>
    gone(moment).every((one) => isSame(one, moment.newer) && one.onset <= moment.newer.onset),
  ),
  'what is urgent and unseen is not replaced by what is less so': always((moment) =>
    gone(moment).every((one) => !one.state.isLatched || rank(one) <= rank(moment.newer)),
  ),
  'that nobody is there replaces nothing': always(
    (moment) => moment.newer.state.rule !== 'unassigned' || gone(moment).length === 0,
  ),
  'what is replaced is heard no more, waits for nothing, and says by what in one entry': always((moment) =>
    gone(moment).every((one) => {
      const now = moment.after.find(({ state }) => state.alertId === one.state.alertId)?.state;
      const entries = moment.audit.filter(({ alertId }) => alertId === one.state.alertId);
      const isSaid = entries.length === 1 && entries[0]?.why.includes(moment.newer.state.alertId) === true;
      return now !== undefined && !rings(now, moment.atMs) && nextDueAtMs(now) === null && isSaid;
    }),
  ),
};

const all =
  (isMeant: (one: Episode, newer: Episode) => boolean, by = (newer: Episode) => newer.state.alertId): Supersede =>
  (newer, alerts, atMs) =>
    new Map(
      alerts
        .filter((one) => one.state.alertId !== newer.state.alertId && isMeant(one, newer))
        .map(({ state }) => [state.alertId, { input: 'supersede', by: by(newer), atMs }]),
    );
const isReplaced = (one: Episode, newer: Episode) => superseded(newer, [one], 0).size > 0;

export const mutants: Record<string, { breaks: keyof typeof laws; supersede: Supersede }> = {
  'replaces nothing': {
    breaks: 'of a patient and condition there is one open alert that is not more urgent and unseen',
    supersede: () => new Map(),
  },
  'replaces what is over alone': {
    breaks: 'of a patient and condition there is one open alert that is not more urgent and unseen',
    supersede: all((one, newer) => one.state.phase === 'resolved' && isReplaced(one, newer)),
  },
  'replaces all of a patient': {
    breaks: 'nothing of another patient or condition is touched, nor what began later',
    supersede: all((one, newer) => one.state.patientId === newer.state.patientId && one.onset <= newer.onset),
  },
  'replaces what began later': {
    breaks: 'nothing of another patient or condition is touched, nor what began later',
    supersede: all(isSame),
  },
  'replaces what nobody has seen': {
    breaks: 'what is urgent and unseen is not replaced by what is less so',
    supersede: all((one, newer) => isSame(one, newer) && one.onset <= newer.onset),
  },
  'takes one alert of nobody for another': {
    breaks: 'that nobody is there replaces nothing',
    supersede: all((one, newer) => isSame(one, newer) && newer.state.rule === 'unassigned'),
  },
  'does not say by what': {
    breaks: 'what is replaced is heard no more, waits for nothing, and says by what in one entry',
    supersede: all(isReplaced, () => ''),
  },
};
