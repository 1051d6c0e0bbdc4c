import { isDeepStrictEqual } from 'node:util';
import type { FlapToxic } from './toxics.ts';

/** The link's ups and downs: it is up while each flap has it up. */
export interface Flaps {
  readonly isUp: boolean;
  /** One that is there unchanged goes on in its turn; a new or changed one begins with the link up. */
  replace(toxics: readonly FlapToxic[]): void;
}

export interface FlapListener {
  down(toxic: FlapToxic): void;
  up(toxic: FlapToxic): void;
}

interface Flap {
  readonly toxic: FlapToxic;
  isUp: boolean;
  timer: NodeJS.Timeout;
}

export function createFlaps(listener: FlapListener): Flaps {
  let flaps: readonly Flap[] = [];

  const start = (toxic: FlapToxic): Flap => {
    const flap: Flap = { toxic, isUp: true, timer: setTimeout(() => turn(flap), toxic.upMs) };
    return flap;
  };

  const turn = (flap: Flap) => {
    flap.isUp = !flap.isUp;
    flap.timer = setTimeout(() => turn(flap), flap.isUp ? flap.toxic.upMs : flap.toxic.downMs);
    if (flap.isUp) listener.up(flap.toxic);
    else listener.down(flap.toxic);
  };

  return {
    get isUp() {
      return flaps.every(({ isUp }) => isUp);
    },
    replace(toxics) {
      const staying = flaps.filter((flap) => toxics.some((toxic) => isDeepStrictEqual(toxic, flap.toxic)));
      const leaving = flaps.filter((flap) => !staying.includes(flap));
      const added = toxics.filter((toxic) => !staying.some((flap) => isDeepStrictEqual(toxic, flap.toxic)));
      for (const { timer } of leaving) clearTimeout(timer);
      flaps = [...staying, ...added.map(start)];
      for (const { toxic, isUp } of leaving) if (!isUp) listener.up(toxic);
    },
  };
}
