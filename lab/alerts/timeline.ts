/** What dies in a part of the run; a worker of this function, by kill -9. */
export type Victim = 'publish-alerts' | 'deliver' | 'evaluate-vitals';

/** A part of the run under one condition. Seconds since the first reading. */
export interface Phase {
  readonly name: string;
  /** In the table's first column. */
  readonly says: string;
  readonly fromS: number;
  readonly toS: number;
  readonly kills?: Victim;
}

export interface Timeline {
  readonly phases: readonly Phase[];
  readonly durationS: number;
}

/** Until each monitor has said all that it measures. */
const WARM_UP_S = 15;
/** Into its phase: alerts are on their way then. */
export const KILL_AFTER_S = 4;

const PHASES: readonly Pick<Phase, 'name' | 'says' | 'kills'>[] = [
  { name: 'ward', says: 'the ward' },
  { name: 'publisher', says: 'a publisher killed', kills: 'publish-alerts' },
  { name: 'sender', says: 'a sender killed', kills: 'deliver' },
  { name: 'judge', says: 'a judge killed', kills: 'evaluate-vitals' },
  { name: 'burst', says: 'a burst of alerts' },
];

/** Each condition for so long, one after the other. */
export function timelineOf(phaseS: number): Timeline {
  const phases = PHASES.map((phase, index): Phase => {
    const fromS = WARM_UP_S + index * phaseS;
    return { ...phase, fromS, toS: fromS + phaseS };
  });
  return { phases, durationS: phases.at(-1)?.toS ?? 0 };
}
