import { useEffect, useMemo, useRef } from 'react';
import type { Api } from '../live/api.ts';
import { nowMs } from '../live/clock.ts';
import { createStore } from '../live/store.ts';
import { useListedBeds } from '../live/use-listed-beds.ts';
import { usePast } from '../live/use-past.ts';
import { useWardLink } from '../live/use-ward-link.ts';
import type { Session } from '../session/token.ts';
import type { Route } from '../state/routes.ts';
import { emptyWard, take } from '../state/ward-state.ts';
import { AlertsPage } from './alerts-page.tsx';
import { Announcer } from './announcer.tsx';
import { BedPage } from './bed-page.tsx';
import { HandoverPage } from './handover-page.tsx';
import { Header } from './header.tsx';
import { LinkBanner } from './link-banner.tsx';
import { StationContext } from './station-context.ts';
import { StatisticsPage } from './statistics-page.tsx';
import { ThresholdsPage } from './thresholds-page.tsx';
import { Wall } from './wall.tsx';

interface WardFrameProps {
  readonly session: Session;
  readonly api: Api;
  readonly onLeave: () => void;
  readonly route: Exclude<Route, { view: 'wards' }>;
  readonly isHttpThere: boolean;
}

/** All views of one ward, and what they have in common: the live state, the header, banners, sound. */
export function WardFrame({ session, api, onLeave, route, isHttpThere }: WardFrameProps) {
  const { ward } = route;
  const store = useMemo(() => createStore(emptyWard(ward), take), [ward]);
  const station = useMemo(() => ({ ward, session, api, store }), [ward, session, api, store]);
  useWardLink(station);
  useListedBeds(station);
  usePast(station);
  useEffect(() => store.post({ type: 'http', isThere: isHttpThere, atMs: nowMs() }), [store, isHttpThere]);
  useTitle(route);
  const main = useFocusOnArrival(route.view);
  return (
    <StationContext value={station}>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the ward
      </button>
      <Header route={route} onLeave={onLeave} />
      <LinkBanner />
      <main id="main" ref={main} tabIndex={-1} className={`view view-${route.view}`}>
        <View route={route} />
      </main>
      <Announcer />
    </StationContext>
  );
}

function View({ route }: Pick<WardFrameProps, 'route'>) {
  switch (route.view) {
    case 'alerts':
      return <AlertsPage alertId={undefined} />;
    case 'alert':
      return <AlertsPage alertId={route.alertId} />;
    case 'bed':
      return <BedPage key={route.bed} bed={route.bed} />;
    case 'thresholds':
      return <ThresholdsPage />;
    case 'statistics':
      return <StatisticsPage />;
    case 'handover':
      return <HandoverPage />;
    case 'wall':
      return <Wall />;
  }
}

const TITLES: Readonly<Record<WardFrameProps['route']['view'], string>> = {
  wall: 'Beds',
  alerts: 'Alerts',
  alert: 'Alert',
  bed: 'Bed',
  thresholds: 'Limits',
  statistics: 'Statistics',
  handover: 'Hand-over',
};

function useTitle({ view, ward }: WardFrameProps['route']): void {
  useEffect(() => {
    document.title = `${TITLES[view]} · ${ward} · Heartline`;
  }, [view, ward]);
}

/** Who goes to another view by keyboard goes on from its beginning; at the first one focus stays where the browser has it. */
function useFocusOnArrival(view: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(view);
  useEffect(() => {
    if (shown.current === view) return;
    shown.current = view;
    main.current?.focus({ preventScroll: true });
  }, [view]);
  return main;
}
