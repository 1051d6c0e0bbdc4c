import exec from 'k6/execution';
import { BASE_URL, get } from './notifications.ts';

/** Ends the run, in setup, unless this path answers 200. */
export function requireReady(path = '/readyz', query = ''): void {
  const ready = get(path + query);
  if (ready.status !== 200)
    exec.test.abort(`${BASE_URL}${path} answers ${ready.status || ready.error}: is 'npm start' running?`);
}
