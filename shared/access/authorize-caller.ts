import { config } from '../config.ts';
import { telemetry } from '../telemetry.ts';
import type { Shown } from './bearer-token.ts';
import { keySource } from './key-source.ts';
import type { Principal } from './principal.ts';
import { tokenVerifier } from './token-verifier.ts';

/**
 * What an authorizer hands on, as API Gateway lets it (texts only): who the caller is, or that there is nobody. The routes
 * refuse, so that every refusal is in their form and says the same: an API's own 403 would be neither.
 */
export type AuthorizerContext = Principal | { refused: 'nothing' | 'token' | 'unavailable' };

let verifier: ReturnType<typeof tokenVerifier> | undefined;
const processVerifier = () => {
  const { jwks, issuer, audience } = config().access;
  verifier ??= tokenVerifier({ keys: keySource(jwks), issuer, audience });
  return verifier;
};

/** Who shows this. Never throws: whatever goes wrong, there is no principal. */
export async function authorizeCaller(shown: Shown, source: { name: string }): Promise<AuthorizerContext> {
  if (shown === 'nothing') return { refused: 'nothing' };
  const { log, metrics } = telemetry();
  const refuse = (reason: string) => {
    metrics.recordTogether('tokens_refused_total', 1, { reason });
    log.warn('token refused', { function: source.name, reason });
  };
  try {
    const verdict = shown === 'malformed' ? ({ refusal: 'malformed' } as const) : await processVerifier()(shown.token);
    if ('principal' in verdict) return verdict.principal;
    refuse(verdict.refusal);
    return { refused: 'token' };
  } catch (error) {
    refuse('unavailable');
    log.error('tokens cannot be verified', { function: source.name, error });
    return { refused: 'unavailable' };
  }
}
