import { useNow } from '../live/use-now.ts';
import { useSound } from '../sound/use-sound.ts';
import { countdown } from '../state/words.ts';

/** Whether alerts are heard here, and off for a while. */
export function SoundSwitch() {
  const { isAllowed, mutedUntilMs, isRinging, toggle } = useSound();
  const now = useNow();
  const isMuted = mutedUntilMs !== undefined;
  if (!isAllowed) {
    return (
      <button type="button" className="sound muted" title="Browsers sound only after a click or a key">
        <Bell isOff /> Sound off: press any key
      </button>
    );
  }
  return (
    <button type="button" className={`sound ${isMuted ? 'muted' : ''}`} aria-pressed={isMuted} onClick={toggle}>
      <Bell isOff={isMuted} />
      {isMuted ? `Muted ${countdown(mutedUntilMs, now)}` : isRinging ? 'Mute 2 min' : 'Sound on'}
    </button>
  );
}

function Bell({ isOff }: { isOff: boolean }) {
  return (
    <svg className="bell" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15ZM10 21.5h4" />
      {isOff && <path d="M4 3 20 21" />}
    </svg>
  );
}
