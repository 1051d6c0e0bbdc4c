import { asRole } from '../access/local-token.ts';
import type { AccessRole } from '../access/principal.ts';

/** As fetch, from whoever may: a device posts, an administrator reads, sets and fills the stock. Headers of its own win. */
export async function fetchAllowed(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const isDevices = init.method === 'POST' && !String(url).endsWith('/inventory/stock');
  return fetchAs(isDevices ? 'device' : 'admin', url, init);
}

async function fetchAs(role: AccessRole, url: string | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(await asRole(role));
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return fetch(url, { ...init, headers });
}
