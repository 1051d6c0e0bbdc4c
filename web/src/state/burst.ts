import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';

type Priority = AlertItem['priority'];

export interface Pulse {
  /** From the burst's beginning, in seconds. */
  readonly atS: number;
  readonly lastsS: number;
  readonly hertz: number;
}

interface Pattern {
  /** Between one burst's beginning and the next one's, in seconds. */
  readonly everyS: number;
  readonly pulses: readonly Pulse[];
}

/** Pulses of so many seconds at these times; each a third or a fourth above what was before, so that it is no telephone. */
const pulses = (lastsS: number, melody: readonly (readonly [atS: number, hertz: number])[]): Pulse[] =>
  melody.map(([atS, hertz]) => ({ atS, hertz, lastsS }));

const C5 = 523.25;
const E5 = 659.26;
const G5 = 783.99;
const C6 = 1046.5;

/** IEC 60601-1-8, tables 3 and 4: pulses in a burst, their lengths and spacing, and how often the burst comes; melodies after its annex F. */
export const BURSTS: Readonly<Record<Priority, Pattern>> = {
  // Ten pulses: c c c – g C, twice.
  high: {
    everyS: 8,
    pulses: pulses(0.14, [
      [0, C5],
      [0.24, E5],
      [0.48, G5],
      [0.92, G5],
      [1.16, C6],
      [2.1, C5],
      [2.34, E5],
      [2.58, G5],
      [3.02, G5],
      [3.26, C6],
    ]),
  },
  medium: {
    everyS: 15,
    pulses: pulses(0.2, [
      [0, C5],
      [0.42, E5],
      [0.84, G5],
    ]),
  },
  low: {
    everyS: 30,
    pulses: pulses(0.22, [
      [0, E5],
      [0.46, C5],
    ]),
  },
};

const ORDER = ['high', 'medium', 'low'] as const satisfies Priority[];

/** Of all that rings the highest is heard: two melodies at once are none. */
const loudest = (priorities: readonly Priority[]): Priority | undefined =>
  ORDER.find((priority) => priorities.includes(priority));

/** The longest that the sound may be off by itself (as of a single alert: desk-rules.ts). */
const MUTE_MS_MAX = 120_000;

/** What rings, as far as the sound is concerned: one that has become worse is another. */
interface Ringing {
  readonly alertId: string;
  readonly priority: Priority;
}
const ringKey = ({ alertId, priority }: Ringing): string => `${alertId} ${priority}`;

/** Of what rang when it was muted; until then. */
export interface Mute {
  readonly untilMs: number;
  readonly of: ReadonlySet<string>;
}

export const muteOf = (ringing: readonly Ringing[], nowMs: number): Mute => ({
  untilMs: nowMs + MUTE_MS_MAX,
  of: new Set(ringing.map(ringKey)),
});

/** What is to be heard now. A mute ends by itself, and what is new, or worse, is heard through it. */
export function toBeHeard(ringing: readonly Ringing[], mute: Mute | undefined, nowMs: number): Priority | undefined {
  const isMuted = (one: Ringing) => mute !== undefined && mute.untilMs > nowMs && mute.of.has(ringKey(one));
  return loudest(ringing.filter((one) => !isMuted(one)).map(({ priority }) => priority));
}
