import { config } from '../../shared/config.ts';
import { trustOwnAuthority } from '../../shared/trust.ts';
import { type Certificates, ensureCertificates } from './local-certificates.ts';

/** What this machine's servers show where TLS is asked for (HEARTLINE_TLS_DIR), made on first use; believed by this process. */
export function ownCertificates(): Certificates | undefined {
  const { tls } = config();
  if (tls === undefined) return undefined;
  const certificates = ensureCertificates(tls.folder);
  trustOwnAuthority();
  return certificates;
}
