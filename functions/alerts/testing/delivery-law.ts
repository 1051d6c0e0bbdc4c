import type { Received } from '../../testing/receiver.ts';

/** What a channel's receiver was sent of one notification, by the key that the receiver would know a second one by. */
export interface Told {
  readonly channel: string;
  readonly key: string;
}

const body = ({ body: text }: Received) => JSON.parse(text);

/** The key that each kind of receiver knows a repetition by. */
const KEY_OF: Readonly<Record<string, (request: Received) => string>> = {
  // With what it says: under one key there is one text.
  phones: ({ headers, body: text }) => `${headers['webhook-id']} ${text}`,
  pager: (request) => `${body(request).dedup_key} ${body(request).event_action}`,
  monitoring: (request) => `${body(request)[0].labels.alertId} ${body(request)[0].annotations.status}`,
};

export const toldBy = (channel: string, requests: readonly Received[]): Told[] =>
  requests.map((request) => ({ channel, key: KEY_OF[channel]?.(request) ?? '' }));

/**
 * Of one notification on each channel: it was delivered, at most one more time, and that under the same key.
 * @returns what is wrong; nothing: the law holds
 */
export function brokenBy(told: readonly Told[], channels: readonly string[]): string[] {
  return channels.flatMap((channel) => {
    const keys = told.filter((one) => one.channel === channel).map(({ key }) => key);
    if (keys.length === 0) return [`${channel}: not delivered`];
    if (new Set(keys).size > 1) return [`${channel}: ${new Set(keys).size} keys`];
    return keys.length > 2 ? [`${channel}: delivered ${keys.length} times`] : [];
  });
}
