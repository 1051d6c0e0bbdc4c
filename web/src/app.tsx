import { useCallback, useEffect, useMemo, useState } from 'react';
import { createApi } from './live/api.ts';
import { nowMs } from './live/clock.ts';
import { useRoute } from './live/use-route.ts';
import { forgetToken, keepToken, sessionAtStart } from './session/session-store.ts';
import type { Session, TokenFault } from './session/token.ts';
import { Login } from './views/login.tsx';
import { WardFrame } from './views/ward-frame.tsx';
import { Wards } from './views/wards.tsx';

/** A token whose time is over further ahead than a timer can be set is looked at again then. */
const TIMER_MAX_MS = 0x7fff_ffff;

export function App({ start }: { start: Session | TokenFault | undefined }) {
  const [found, setFound] = useState(start);
  const session = typeof found === 'object' ? found : undefined;
  const leave = useCallback((why?: TokenFault) => {
    forgetToken();
    setFound(why);
  }, []);
  useExpiry(session, leave);
  useTokenInAddress(setFound);
  const [isHttpThere, setHttpThere] = useState(true);
  const api = useMemo(
    () => session && createApi(session, { reached: setHttpThere, unauthorized: () => leave('expired') }),
    [session, leave],
  );
  const route = useRoute();
  if (session === undefined || api === undefined) {
    return (
      <Login
        fault={typeof found === 'string' ? found : undefined}
        onToken={(text) => setFound(keepToken(text, nowMs()))}
      />
    );
  }
  const shared = { session, api, onLeave: () => leave() };
  if (route.view === 'wards') return <Wards {...shared} />;
  return <WardFrame key={route.ward} {...shared} route={route} isHttpThere={isHttpThere} />;
}

function useExpiry(session: Session | undefined, leave: (why: TokenFault) => void): void {
  useEffect(() => {
    if (session === undefined) return;
    const leftMs = Math.min(session.expiresAtMs - nowMs(), TIMER_MAX_MS);
    const timer = setTimeout(() => leave('expired'), leftMs);
    return () => clearTimeout(timer);
  }, [session, leave]);
}

/** A link with a token that is followed in a window that is open already. */
function useTokenInAddress(found: (session: Session | TokenFault | undefined) => void): void {
  useEffect(() => {
    const look = () => {
      if (location.hash.startsWith('#token=')) found(sessionAtStart(nowMs()));
    };
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, [found]);
}
