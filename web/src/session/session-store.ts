import { readToken, type Session, type TokenFault, tokenInHash } from './token.ts';

const KEY = 'heartline-token';

/** Kept as long as the window is open, for a reload; another window asks again. */
export function keepToken(text: string, nowMs: number): Session | TokenFault {
  const session = readToken(text, nowMs);
  if (typeof session !== 'string') sessionStorage.setItem(KEY, session.token);
  return session;
}

export const forgetToken = (): void => sessionStorage.removeItem(KEY);

/** From the address, which then no longer shows it, or from before a reload. */
export function sessionAtStart(nowMs: number): Session | TokenFault | undefined {
  const given = tokenInHash(location.hash);
  if (given !== undefined) {
    history.replaceState(null, '', `${location.pathname}#/`);
    return keepToken(decodeURIComponent(given), nowMs);
  }
  const kept = sessionStorage.getItem(KEY);
  return kept === null ? undefined : readToken(kept, nowMs);
}
