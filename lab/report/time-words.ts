const UTC = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'medium', timeZone: 'UTC' });

/** `31 January 2026 at 10:28:20 UTC` of an ISO 8601 instant; what is no instant stays as it is. */
export function instantInWords(instant: string): string {
  const at = Date.parse(instant);
  return Number.isNaN(at) ? instant : `${UTC.format(at)} UTC`;
}
