/** RFC 6750, section 2.1; the scheme's letter case does not matter (RFC 9110, section 11.1). */
const BEARER = /^bearer +([\w.~+/-]+=*) *$/i;

/** What a caller shows: a token, nothing, or something that is none. */
export type Shown = { token: string } | 'nothing' | 'malformed';

/** The token in a request's headers, which have any letter case. */
export function bearerToken(headers: Readonly<Record<string, string | undefined>> | null | undefined): Shown {
  const values = Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() === 'authorization');
  const [[, value] = []] = values;
  if (value === undefined) return 'nothing';
  const token = BEARER.exec(value)?.[1];
  return token === undefined || values.length > 1 ? 'malformed' : { token };
}
