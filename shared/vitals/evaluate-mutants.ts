import type { AlertEvent } from './alert-event.ts';
import type { PartitionState } from './evaluate.ts';
import { type AlerterSubject, realAlerter } from './evaluate-model.ts';
import type { PatientState } from './patient-state.ts';

const { evaluate, restore } = realAlerter;

/** The state as it is read back, with something missing. */
const losing = (loss: Partial<PatientState>): AlerterSubject => ({
  evaluate,
  restore: (state) => changed(restore(state), loss),
});
const changed = ({ clockMs, patients }: PartitionState, change: Partial<PatientState>): PartitionState => ({
  clockMs,
  patients: new Map([...patients].map(([id, patient]) => [id, { ...patient, ...change }])),
});
/** What is told, changed. */
const telling = (change: (events: readonly AlertEvent[]) => readonly AlertEvent[]): AlerterSubject => ({
  restore,
  evaluate: (...given) => {
    const done = evaluate(...given);
    return { ...done, events: change(done.events) };
  },
});
/** What is remembered, changed before it is used. */
const forgetting = (loss: Partial<PatientState>): AlerterSubject => ({
  restore,
  evaluate: (state, ...rest) => evaluate(changed(state, loss), ...rest),
});

const REPLAY =
  'after a crash, a replay onto the snapshot tells what was told, byte for byte, and then what would have been';
const ORDER = 'an alert starts, changes and ends, each in its number';
let drawn = 0;

/** Small variations of the alerter, each of which breaks the law it names. */
export const mutants: Record<string, { breaks: string; subject: AlerterSubject }> = {
  'loses what rules remember in a snapshot': { breaks: REPLAY, subject: losing({ memory: {} }) },
  'loses what is open in a snapshot': { breaks: REPLAY, subject: losing({ open: {} }) },
  'loses the last values in a snapshot': { breaks: REPLAY, subject: losing({ last: {} }) },
  'draws its ids': {
    breaks: REPLAY,
    subject: telling((events) => events.map((event) => ({ ...event, eventId: `drawn-${drawn++}` }))),
  },
  'begins each batch without its timers': {
    breaks: 'however it is cut into batches, the same is told and remembered',
    subject: forgetting({ memory: {} }),
  },
  'counts no events': {
    breaks: ORDER,
    subject: telling((events) => events.map((event) => ({ ...event, sequence: 1 }))),
  },
  'ends nothing': { breaks: ORDER, subject: telling((events) => events.filter(({ type }) => type !== 'end')) },
  'tells twice': { breaks: 'no event has the id of another', subject: telling((events) => [...events, ...events]) },
  'starts what is open': {
    breaks: 'of a condition one alert is open at a time',
    subject: telling((events) => events.map((event) => ({ ...event, type: 'start' }))),
  },
  'waits with what is severe': {
    breaks: 'a severe value is told at once, with high priority',
    subject: {
      restore,
      evaluate: (state, arrivals, context) => {
        const { limits, news2 } = context.thresholdsOf('', '');
        const delayed = Object.fromEntries(
          Object.entries(limits).map(([code, list]) => [
            code,
            list?.map(({ severeLow: _, severeHigh: __, ...rest }) => rest),
          ]),
        );
        return evaluate(state, arrivals, { ...context, thresholdsOf: () => ({ limits: delayed, news2 }) });
      },
    },
  },
  'takes what comes again for new': {
    breaks: 'a message that comes again tells nothing',
    subject: forgetting({ last: {}, memory: {} }),
  },
  'writes into what it is given': {
    breaks: 'what it is given stays as it is',
    subject: {
      restore,
      evaluate: (state, ...rest) => {
        const done = evaluate(state, ...rest);
        for (const [id, patient] of state.patients) Object.assign(patient, done.state.patients.get(id));
        return done;
      },
    },
  },
  'does not look at the time': {
    breaks: 'a monitor that is silent is told of, one that is heard is not',
    subject: {
      restore,
      evaluate: (state, arrivals, context) =>
        evaluate(
          state,
          arrivals.filter((arrival) => 'message' in arrival),
          context,
        ),
    },
  },
};
