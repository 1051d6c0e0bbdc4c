import { useEffect } from 'react';
import type { BedState } from '../state/bed-state.ts';
import { TRAIL_MS } from '../state/trail.ts';
import type { Series } from '../state/vitals-series.ts';
import type { Station } from '../views/station-context.ts';
import { nowMs } from './clock.ts';

const KINDS = 'HR,SpO2';
const RESOLUTION_S = 5;
/** Beds that are heard of later are seldom; what they had before waits so long. */
const LOOK_EVERY_MS = 5_000;

/** The last minutes of each patient, once: one after the other, so that a ward of forty is no burst. */
export function usePast({ api, store }: Station): void {
  useEffect(() => {
    const asked = new Set<string>();
    let isLeft = false;
    const ask = async (patientId: string) => {
      const from = new Date(nowMs() - TRAIL_MS).toISOString();
      const path = `/patients/${encodeURIComponent(patientId)}/vitals?kind=${KINDS}&from=${from}&resolution=${RESOLUTION_S}`;
      const answer = await api.send<{ series: readonly Series[] }>({ path });
      if (answer.outcome === 'done' && !isLeft)
        store.post({ type: 'past', patientId, trails: trailsOf(answer.body.series) });
    };
    let isAsking = false;
    const look = async () => {
      if (isAsking) return;
      isAsking = true;
      for (const { patientId } of [...store.get().beds.values()]) {
        if (isLeft || asked.has(patientId)) continue;
        asked.add(patientId);
        await ask(patientId);
      }
      isAsking = false;
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    const first = store.subscribe(() => {
      if (store.get().beds.size > 0) {
        first();
        look();
      }
    });
    return () => {
      isLeft = true;
      first();
      clearInterval(timer);
    };
  }, [api, store]);
}

const trailsOf = (series: readonly Series[]): BedState['trails'] =>
  Object.fromEntries(
    series.map(({ code, points }) => [
      code,
      { atMs: points.map(({ at }) => Date.parse(at)), values: points.map(({ mean }) => mean ?? null) },
    ]),
  );
