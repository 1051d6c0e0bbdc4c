/** Where in the station one is; kept in the address behind `#`, so that going back and a bookmark work. */
export type Route =
  | { readonly view: 'wards' }
  | { readonly view: WardView; readonly ward: string }
  | { readonly view: 'alert'; readonly ward: string; readonly alertId: string }
  | { readonly view: 'bed'; readonly ward: string; readonly bed: string };

export const WARD_VIEWS = ['wall', 'alerts', 'thresholds', 'statistics', 'handover'] as const;
export type WardView = (typeof WARD_VIEWS)[number];

const isWardView = (text: string): text is WardView => WARD_VIEWS.some((one) => one === text);

export function routeOf(hash: string): Route {
  const [ward, view = 'wall', id, ...rest] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (!ward || rest.length > 0) return { view: 'wards' };
  if (view === 'alerts' && id) return { view: 'alert', ward, alertId: id };
  if (view === 'beds' && id) return { view: 'bed', ward, bed: id };
  return isWardView(view) ? { view, ward } : { view: 'wall', ward };
}

export function hashOf(route: Route): string {
  if (route.view === 'wards') return '#/';
  const path = (...levels: string[]) => `#/${levels.map(encodeURIComponent).join('/')}`;
  if (route.view === 'alert') return path(route.ward, 'alerts', route.alertId);
  if (route.view === 'bed') return path(route.ward, 'beds', route.bed);
  return path(route.ward, route.view);
}

function decoded(level: string): string {
  try {
    return decodeURIComponent(level);
  } catch {
    return level; // typed by hand
  }
}
