/** A part of the run under one condition. Seconds since the first reading. */
export interface Phase {
  readonly name: string;
  /** In the table's first column. */
  readonly says: string;
  readonly fromS: number;
  readonly toS: number;
}

export interface Timeline {
  readonly phases: readonly Phase[];
  readonly durationS: number;
  readonly burstAtS: number;
  /** When a worker is ended by kill -9. */
  readonly killAtS: number;
  readonly storm: { readonly fromS: number; readonly seconds: number };
}

/** Until each monitor has said all that it measures, at twice the cadence. */
const WARM_UP_S = 15;
/** Into its phase: the patients are in the midst of it. */
const KILL_AFTER_S = 5;
/** Of the last: what comes after needs no more. */
const AFTER_SHARE = 0.5;

/** Each condition for so long, one after the other. */
export function timelineOf(phaseS: number): Timeline {
  const names = [
    ['ward', 'the ward'],
    ['hour', "the hour's burst"],
    ['kill', 'a worker killed'],
    ['storm', 'a device storms'],
    ['after', 'afterwards'],
  ] as const;
  const phases = names.map(([name, says], index): Phase => {
    const fromS = WARM_UP_S + index * phaseS;
    return { name, says, fromS, toS: fromS + (name === 'after' ? phaseS * AFTER_SHARE : phaseS) };
  });
  const fromOf = (name: string) => phases.find((phase) => phase.name === name)?.fromS ?? 0;
  return {
    phases,
    durationS: phases.at(-1)?.toS ?? 0,
    burstAtS: fromOf('hour'),
    killAtS: fromOf('kill') + KILL_AFTER_S,
    storm: { fromS: fromOf('storm'), seconds: phaseS },
  };
}
