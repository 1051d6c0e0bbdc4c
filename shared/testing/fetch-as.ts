import { asRole } from '../access/local-token.ts';
import type { AccessRole } from '../access/principal.ts';

/** As fetch, from whoever may do it in most routes: a device posts, an administrator reads and sets. Headers of its own win. */
export async function fetchAllowed(url: string | URL, init: RequestInit = {}): Promise<Response> {
  return fetchAs(init.method === 'POST' ? 'device' : 'admin', url, init);
}

export async function fetchAs(role: AccessRole, url: string | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(await asRole(role));
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return fetch(url, { ...init, headers });
}
