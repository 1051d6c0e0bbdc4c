const UTC = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'medium', timeZone: 'UTC' });

/** `31 January 2026 at 10:28:20 UTC` of an ISO 8601 instant; what is no instant stays as it is. */
export function instantInWords(instant: string): string {
  const at = Date.parse(instant);
  return Number.isNaN(at) ? instant : `${UTC.format(at)} UTC`;
}

const MS_PER_S = 1000;
const S_PER_MIN = 60;

/** `42 s`, `6 min 43 s`. */
export function durationInWords(ms: number): string {
  const seconds = Math.round(ms / MS_PER_S);
  const minutes = Math.floor(seconds / S_PER_MIN);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % S_PER_MIN} s`;
}
