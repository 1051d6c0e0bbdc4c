import { useEffect, useRef, useState } from 'react';
import { nowMs } from '../live/clock.ts';
import { useNow } from '../live/use-now.ts';
import { ringsNow } from '../state/alert-list.ts';
import { type Mute, muteOf, toBeHeard } from '../state/burst.ts';
import { useWard } from '../views/station-context.ts';
import { createPlayer, type Player } from './player.ts';

export interface Sound {
  /** False: the browser waits for a click or a key. */
  readonly isAllowed: boolean;
  /** Until when it is off; undefined: it is on. */
  readonly mutedUntilMs: number | undefined;
  readonly isRinging: boolean;
  toggle(): void;
}

const GESTURES = ['pointerdown', 'keydown'] as const;

/** The sound of the ward's alerts. What rings can be muted for two minutes: then it is heard again by itself. */
export function useSound(): Sound {
  const now = useNow();
  const alerts = useWard((state) => state.alerts);
  const [mute, setMute] = useState<Mute>();
  const { player, isAllowed } = usePlayer();
  const ringing = (alerts ?? []).filter((alert) => ringsNow(alert, now));
  const heard = toBeHeard(ringing, mute, now);
  useEffect(() => {
    if (isAllowed) player.current?.play(heard);
  }, [player, heard, isAllowed]);
  const isMuted = mute !== undefined && mute.untilMs > now;
  const toggle = () => setMute(isMuted ? undefined : muteOf(ringing, nowMs()));
  return { isAllowed, mutedUntilMs: isMuted ? mute.untilMs : undefined, isRinging: ringing.length > 0, toggle };
}

function usePlayer() {
  const player = useRef<Player>(undefined);
  const [isAllowed, setAllowed] = useState(false);
  useEffect(() => {
    const own = createPlayer();
    player.current = own;
    const look = () => setAllowed(own.isAllowed());
    look();
    const allow = () => own.allow().then(look, look);
    for (const gesture of GESTURES) window.addEventListener(gesture, allow);
    return () => {
      for (const gesture of GESTURES) window.removeEventListener(gesture, allow);
      own.close();
      player.current = undefined;
    };
  }, []);
  return { player, isAllowed };
}
