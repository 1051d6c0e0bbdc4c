import { useSyncExternalStore } from 'react';
import { hashOf, type Route, routeOf } from '../state/routes.ts';

let held: { hash: string; route: Route } | undefined;

function current(): Route {
  if (held?.hash !== location.hash) held = { hash: location.hash, route: routeOf(location.hash) };
  return held.route;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  window.addEventListener('popstate', listener);
  return () => {
    window.removeEventListener('hashchange', listener);
    window.removeEventListener('popstate', listener);
  };
}

export const useRoute = (): Route => useSyncExternalStore(subscribe, current);

export function goTo(route: Route): void {
  location.hash = hashOf(route);
}
