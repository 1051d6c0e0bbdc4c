import { useEffect, useRef, useState } from 'react';
import { alertText } from '../state/alert-words.ts';
import { useWard } from './station-context.ts';

/** What a screen reader says of alerts that are new, without taking the focus: of high ones at once, of others when it is their turn. */
export function Announcer() {
  const alerts = useWard((state) => state.alerts);
  const known = useRef<ReadonlySet<string> | undefined>(undefined);
  const [said, setSaid] = useState({ high: '', other: '' });
  useEffect(() => {
    if (alerts === undefined) return;
    const active = alerts.filter(({ phase, inhibitedBy }) => phase === 'active' && inhibitedBy === null);
    const before = known.current;
    known.current = new Set(active.map(keyOf));
    // What was there when the station was opened is on the list, and is not news.
    if (before === undefined) return;
    const fresh = active.filter((alert) => !before.has(keyOf(alert)));
    const text = (isHigh: boolean) =>
      fresh
        .filter(({ priority }) => (priority === 'high') === isHigh)
        .map((alert) => `${alert.priority} priority, bed ${alert.bed}: ${alertText(alert)}`)
        .join('. ');
    if (fresh.length > 0) setSaid({ high: text(true), other: text(false) });
  }, [alerts]);
  return (
    <>
      <div className="hidden" aria-live="assertive" data-testid="announce-high">
        {said.high}
      </div>
      <div className="hidden" aria-live="polite">
        {said.other}
      </div>
    </>
  );
}

/** One that has become worse is news again. */
const keyOf = ({ alertId, priority }: { alertId: string; priority: string }) => `${alertId} ${priority}`;
