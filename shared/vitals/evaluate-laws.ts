import type { AlertEvent } from './alert-event.ts';
import { EMPTY_PARTITION, type Evaluated, type PartitionState } from './evaluate.ts';
import { type AlerterSubject, CONTEXT, type Scenario } from './evaluate-model.ts';
import { HEART_RATE, SPO2 } from './kinds.ts';

/** True where the alerter keeps the law on this history. */
export type Law = (scenario: Scenario, subject: AlerterSubject) => boolean;

const PRIORITIES = ['low', 'medium', 'high'];
const SILENT_AFTER_MS = 10_000;
const SECOND_MS = 1_000;
const LEAP_MS = 5_000;
const SEVERE = [
  {
    code: HEART_RATE,
    condition: (value: number) => (value < 35 ? 'threshold/HR/low' : value > 150 ? 'threshold/HR/high' : ''),
  },
  { code: SPO2, condition: (value: number) => (value < 80 ? 'threshold/SpO2/low' : '') },
] as const;

const whole = ({ arrivals }: Scenario, { evaluate }: AlerterSubject) => evaluate(EMPTY_PARTITION, arrivals, CONTEXT);
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

function inBatches({ arrivals, cuts }: Scenario, { evaluate }: AlerterSubject): Pick<Evaluated, 'state' | 'events'> {
  let state = EMPTY_PARTITION;
  const events: AlertEvent[] = [];
  for (const [index, from] of [0, ...cuts].entries()) {
    const done = evaluate(state, arrivals.slice(from, cuts[index] ?? arrivals.length), CONTEXT);
    state = done.state;
    events.push(...done.events);
  }
  return { state, events };
}

/** The state after each arrival, with it and the one before. */
function* oneByOne({ arrivals }: Scenario, { evaluate }: AlerterSubject) {
  let before: PartitionState = EMPTY_PARTITION;
  for (const arrival of arrivals) {
    const { state, events } = evaluate(before, [arrival], CONTEXT);
    yield { arrival, before, state, events };
    before = state;
  }
}

const byAlert = (events: readonly AlertEvent[]) => Map.groupBy(events, ({ alertId }) => alertId);

export const laws: Record<string, Law> = {
  'however it is cut into batches, the same is told and remembered': (scenario, subject) => {
    const [one, many] = [whole(scenario, subject), inBatches(scenario, subject)];
    return same(one.events, many.events) && same([...one.state.patients], [...many.state.patients]);
  },
  'after a crash, a replay onto the snapshot tells what was told, byte for byte, and then what would have been': (
    scenario,
    subject,
  ) => {
    const { arrivals, cuts } = scenario;
    const [snapshotAt = 0, diedAt = arrivals.length] = cuts;
    const until = subject.evaluate(EMPTY_PARTITION, arrivals.slice(0, snapshotAt), CONTEXT);
    const lost = subject.evaluate(until.state, arrivals.slice(snapshotAt, diedAt), CONTEXT);
    const replayed = subject.evaluate(subject.restore(until.state), arrivals.slice(snapshotAt), CONTEXT);
    const told = [...until.events, ...lost.events, ...replayed.events];
    const once = new Map(told.map((event) => [event.eventId, event]));
    const repeats = replayed.events.slice(0, lost.events.length);
    return same(repeats, lost.events) && same([...once.values()], whole(scenario, subject).events);
  },
  'an alert starts, changes and ends, each in its number': (scenario, subject) => {
    const { events, state } = whole(scenario, subject);
    const open = new Set(
      [...state.patients.values()].flatMap((patient) => Object.values(patient.open).map((one) => one.alertId)),
    );
    return [...byAlert(events)].every(([alertId, told]) =>
      told.every(({ sequence, type, priority, detail }, index) => {
        const step = PRIORITIES.indexOf(priority) - PRIORITIES.indexOf(told[index - 1]?.priority ?? priority);
        const isLast = index === told.length - 1;
        if (sequence !== index + 1 || (type === 'start') !== (index === 0)) return false;
        if (isLast && (type === 'end') === open.has(alertId)) return false;
        return type === 'end'
          ? isLast
          : type === 'escalate'
            ? step > 0
            : type === 'update'
              ? step < 0 || (step === 0 && detail['reason'] === 'moved')
              : true;
      }),
    );
  },
  'no event has the id of another': (scenario, subject) => {
    const ids = whole(scenario, subject).events.map(({ eventId }) => eventId);
    return new Set(ids).size === ids.length;
  },
  'of a condition one alert is open at a time': (scenario, subject) => {
    const open = new Map<string, string>();
    return whole(scenario, subject).events.every(({ patientId, condition, alertId, type }) => {
      const key = `${patientId} ${condition}`;
      if (type === 'start') return !open.has(key) && open.set(key, alertId) !== undefined;
      return open.get(key) === alertId && (type !== 'end' || open.delete(key));
    });
  },
  'a severe value is told at once, with high priority': (scenario, subject) => {
    for (const { arrival, before, state } of oneByOne(scenario, subject)) {
      if (!('message' in arrival)) continue;
      const { patientId, readings } = arrival.message;
      for (const { code, condition } of SEVERE) {
        const now = state.patients.get(patientId)?.last[code];
        // The newest of its kind, and of this message.
        if (now === before.patients.get(patientId)?.last[code] || now?.validity !== 'valid') continue;
        if (!readings.some((one) => one.code === code && Date.parse(one.time) === now.atMs)) continue;
        const severe = typeof now.value === 'number' ? condition(now.value) : '';
        if (severe !== '' && state.patients.get(patientId)?.open[severe]?.priority !== 'high') return false;
      }
    }
    return true;
  },
  'a message that comes again tells nothing': (scenario, subject) => {
    for (const { arrival, state } of oneByOne(scenario, subject)) {
      const again = subject.evaluate(state, [arrival], CONTEXT);
      if (again.events.length > 0 && 'message' in arrival) return false;
    }
    return true;
  },
  'what it is given stays as it is': (scenario, subject) => {
    for (const { arrival, state } of oneByOne(scenario, subject)) {
      const text = JSON.stringify([...state.patients]);
      subject.evaluate(state, [arrival, { pulse: true, arrivedMs: arrival.arrivedMs + SILENT_AFTER_MS * 2 }], CONTEXT);
      if (JSON.stringify([...state.patients]) !== text) return false;
    }
    return true;
  },
  'a monitor that is silent is told of, one that is heard is not': (scenario, subject) => {
    /** Seconds of the stream, without its leaps, since each was heard. */
    const silentMs = new Map<string, number>();
    let lastMs = scenario.arrivals[0]?.arrivedMs ?? 0;
    for (const { arrival, before, state } of oneByOne(scenario, subject)) {
      const passedMs = arrival.arrivedMs - lastMs;
      lastMs = arrival.arrivedMs;
      for (const [patientId, { open, heardMs, suffix }] of state.patients) {
        const condition = `no-data/device${suffix}`;
        const isHeard = heardMs === arrival.arrivedMs;
        const sinceMs = (silentMs.get(patientId) ?? 0) + (Math.abs(passedMs) > LEAP_MS ? 0 : passedMs);
        const isTold = condition in open;
        const wasTold = condition in (before.patients.get(patientId)?.open ?? {});
        if (sinceMs >= SILENT_AFTER_MS + SECOND_MS && !isTold && !isHeard) return false;
        if (sinceMs < SILENT_AFTER_MS - SECOND_MS && isTold && !wasTold) return false;
        silentMs.set(patientId, isHeard ? 0 : sinceMs);
      }
    }
    return true;
  },
};
