import { useNow } from '../live/use-now.ts';
import { hashOf, type Route, WARD_VIEWS, type WardView } from '../state/routes.ts';
import { clockTime, roleName } from '../state/words.ts';
import { SoundSwitch } from './sound-switch.tsx';
import { useStation } from './station-context.ts';
import { Tally } from './tally.tsx';

const NAMES: Readonly<Record<WardView, string>> = {
  wall: 'Beds',
  alerts: 'Alerts',
  thresholds: 'Limits',
  statistics: 'Statistics',
  handover: 'Hand-over',
};

/** Which of the header's views one is in: an alert is one of the list, a bed one of the wall. */
const PART_OF: Readonly<Record<string, WardView>> = { alert: 'alerts', bed: 'wall' };

export function Header({ route, onLeave }: { route: Exclude<Route, { view: 'wards' }>; onLeave: () => void }) {
  const { ward, session } = useStation();
  const shown = PART_OF[route.view] ?? route.view;
  return (
    <header className="header">
      <a className="ward-name" href="#/" title="Another ward">
        <span className="dim">Ward </span>
        {ward}
      </a>
      <nav aria-label="Views" className="header-views">
        {WARD_VIEWS.map((view) => (
          <a key={view} href={hashOf({ view, ward })} aria-current={view === shown ? 'page' : undefined}>
            {NAMES[view]}
          </a>
        ))}
      </nav>
      <Tally />
      <SoundSwitch />
      <span className="who">
        {session.name} <span className="dim">{roleName(session.role)}</span>
      </span>
      <button type="button" className="quiet" onClick={onLeave}>
        Sign out
      </button>
      <Clock />
    </header>
  );
}

function Clock() {
  const now = useNow();
  return (
    <time className="clock" dateTime={new Date(now).toISOString()}>
      {clockTime(now)}
    </time>
  );
}
