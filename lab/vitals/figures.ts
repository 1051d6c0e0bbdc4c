import { canonicalJson } from '../../shared/canonical-json.ts';
import { distribution } from '../checker/quantile.ts';
import type { Oracle, Wanted } from './oracle.ts';
import type { Phase } from './timeline.ts';
import type { AlertLog } from './told.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Of a phase, by when the reading was in the stream. */
export interface PhaseFigures {
  readonly phase: Phase;
  /** A second, on the average. */
  readonly readings: number;
  /** Of these, such as can be stored. */
  readonly storable: number;
  readonly alertEvents: number;
  /** From the reading's time on its device to the alert event in its stream, ms; undefined without one. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly maxMs: number | undefined;
}

/** What became of the alert events of the whole run. */
export interface Fidelity {
  readonly wanted: number;
  readonly missed: readonly string[];
  /** Told, and not to be told. */
  readonly invented: readonly string[];
  /** Told with other bytes than one process that never ends would, or twice with different ones. */
  readonly different: readonly string[];
  /** Told once more, in all. */
  readonly again: number;
}

const MS_PER_S = 1_000;

export const spanOf = ({ fromS, toS }: Phase, zeroMs: number): Span => ({
  fromMs: zeroMs + fromS * MS_PER_S,
  toMs: zeroMs + toS * MS_PER_S,
});

export function phaseFigures(
  phase: Phase,
  zeroMs: number,
  { wanted, seconds }: Oracle,
  { told }: AlertLog,
): PhaseFigures {
  const { fromMs, toMs } = spanOf(phase, zeroMs);
  const isWithin = (ms: number) => ms >= fromMs && ms < toMs;
  let [readings, copies] = [0, 0];
  for (const [second, counted] of seconds) {
    if (!isWithin(second * MS_PER_S)) continue;
    readings += counted.readings;
    copies += counted.copies;
  }
  const lengthS = (toMs - fromMs) / MS_PER_S;
  const latencies: number[] = [];
  let alertEvents = 0;
  for (const [id, { event, causedMs }] of wanted) {
    if (!isWithin(causedMs)) continue;
    alertEvents += 1;
    const found = told.get(id);
    if (found !== undefined && isOfReading(event)) latencies.push(found.atMs - Date.parse(event.at));
  }
  const spread = distribution(latencies);
  return {
    phase,
    readings: readings / lengthS,
    storable: (readings - copies) / lengthS,
    alertEvents,
    p50Ms: spread?.p50,
    p99Ms: spread?.p99,
    maxMs: spread?.max,
  };
}

/** Decided by a reading, not by time that has passed. */
const isOfReading = ({ rule }: Wanted['event']) => rule !== 'no-data';

/** Of what came until then (epoch ms): later, silence goes on being told of. */
export function fidelityOf({ wanted: all }: Oracle, { told }: AlertLog, throughMs: number): Fidelity {
  const wanted = new Map([...all].filter(([, { causedMs }]) => causedMs <= throughMs));
  const ids = [...told].flatMap(([id, { atMs }]) => (atMs <= throughMs ? [id] : []));
  return {
    wanted: wanted.size,
    missed: [...wanted.keys()].filter((id) => !told.has(id)),
    invented: ids.filter((id) => !all.has(id)),
    different: ids.filter((id) => {
      const event = wanted.get(id)?.event;
      const found = told.get(id);
      return (
        event !== undefined && found !== undefined && (found.differs || found.text !== canonicalJson({ ...event }))
      );
    }),
    again: [...told.values()].reduce((sum, { times }) => sum + times - 1, 0),
  };
}
