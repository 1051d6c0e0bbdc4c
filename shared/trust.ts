import { existsSync, readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { config } from './config.ts';

/**
 * Every TLS client of this thread believes, beside whom Node believes, whoever has signed this stack's certificates: HTTP, MQTT,
 * streams, Postgres. What handlers run in, threads of their own, is started with NODE_EXTRA_CA_CERTS instead.
 */
export function trustOwnAuthority(): void {
  const { tls } = config();
  // Before the first start there is none.
  if (tls === undefined || !existsSync(tls.ca)) return;
  const own = readFileSync(tls.ca, 'utf8');
  const others = getCACertificates('default');
  if (!others.includes(own)) setDefaultCACertificates([...others, own]);
}
