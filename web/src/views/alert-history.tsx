import type { AlertStory } from '../../../shared/alert-desk/alert-story.ts';
import { nowMs } from '../live/clock.ts';
import { actorText, toldText, triggerText } from '../state/history-words.ts';
import { dayTime } from '../state/words.ts';

interface Line {
  readonly key: string;
  readonly at: string;
  readonly what: string;
  readonly who: string;
  readonly why: string;
  readonly isTelling: boolean;
}

/** What happened and who was told of it, the newest first. */
export function AlertHistory({ story }: { story: Pick<AlertStory, 'history' | 'notifications'> }) {
  return (
    <ol className="history">
      {linesOf(story).map(({ key, at, what, who, why, isTelling }) => (
        <li key={key} className={isTelling ? 'telling' : undefined}>
          <time dateTime={at}>{dayTime(Date.parse(at), nowMs())}</time>
          <span className="what">{what}</span>
          {who !== '' && <span className="who-said">{who}</span>}
          {why !== '' && <q className="why">{why}</q>}
        </li>
      ))}
    </ol>
  );
}

function linesOf({ history, notifications }: Pick<AlertStory, 'history' | 'notifications'>): readonly Line[] {
  const happened = history.map((entry) => {
    const who = actorText(entry);
    // What the system notes for itself (an event's id) helps nobody at a bed.
    const why = who === '' ? '' : entry.why;
    const { version, at } = entry;
    return { key: `${version}`, version, at, what: triggerText(entry.trigger), who, why, isTelling: false };
  });
  const told = notifications.map((entry) => {
    const { notificationId: key, version, at } = entry;
    return { key, version, at, what: toldText(entry), who: '', why: '', isTelling: true };
  });
  return [...happened, ...told].sort(
    (one, other) => other.version - one.version || Number(one.isTelling) - Number(other.isTelling),
  );
}
