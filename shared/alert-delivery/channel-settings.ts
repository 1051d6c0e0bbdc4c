import { z } from 'zod';
import { ROLES } from '../alert-desk/roles.ts';
import { SEVERITIES, type Severity } from '../alerts/alert-kinds.ts';
import { topicLevelSchema } from '../mqtt/device-topic.ts';

/** In a column, a condition and a metric's label. */
const CHANNEL_NAME = /^[a-z][a-z0-9-]{0,31}$/;
const channelName = z.string().regex(CHANNEL_NAME, 'a name of a-z, 0-9 and -, up to 32 characters, first a letter');

const ATTEMPTS_MAX = 20;
const WITHIN_MS_MIN = 1_000;
/** Past the time that the last role has to answer in, what is told late is told to nobody. */
const WITHIN_MS_MAX = 3_600_000;
/** With pauses of up to half a minute between them, five attempts last about as long as a nurse has for an alert of high priority. */
const DEFAULT_RETRY = { attempts: 5, withinMs: 60_000 };
/** A station that is open says within a second that it shows a snapshot; three times unseen, nobody looks. */
const STATION_RETRY = { attempts: 3, withinMs: 30_000 };

const retry = z.strictObject({
  attempts: z.int().min(1).max(ATTEMPTS_MAX),
  withinMs: z.int().min(WITHIN_MS_MIN).max(WITHIN_MS_MAX),
});
const severities = Object.keys(SEVERITIES) as [Severity, ...Severity[]];
const some = <T extends z.ZodType>(of: T) => z.array(of).min(1).optional();

/** What every channel may say of itself. */
const common = {
  name: channelName,
  /** Without these: all. */
  wards: some(topicLevelSchema),
  roles: some(z.enum(ROLES)),
  priorities: some(z.enum(severities)),
  /** The channel that is told what this one did not confirm. */
  redirectTo: channelName.optional(),
};

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const url = z.url({ protocol: /^https?$/, error: 'a URL as https://alerts.example/heartline' });

const overHttp = {
  ...common,
  url,
  /** `http:` to another machine sends what is said in clear: only where somebody has said that it may. */
  allowHttp: z.boolean().default(false),
  secretFile: z.string().min(1).optional(),
  secretEnv: z.string().min(1).optional(),
  /** How a patient may be named there: not at all, by a hash under the installation's key, or as the hospital does. */
  identifiers: z.enum(['none', 'pseudonym', 'plain']).default('none'),
  retry: retry.default(DEFAULT_RETRY),
};

const channel = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('station'), retry: retry.default(STATION_RETRY) }),
  z.strictObject({ ...overHttp, type: z.literal('webhook'), heartbeat: z.boolean().default(false) }),
  z.strictObject({
    ...overHttp,
    type: z.literal('pagerduty'),
    url: url.default('https://events.pagerduty.com/v2/enqueue'),
  }),
  z.strictObject({ ...overHttp, type: z.literal('alertmanager') }),
]);
export type ChannelSettings = z.infer<typeof channel>;
export type HttpSettings = Exclude<ChannelSettings, { type: 'station' }>;

/** The station needs no entry: wherever alerts are, they are shown. */
export const STATION: Extract<ChannelSettings, { type: 'station' }> = {
  name: 'station',
  type: 'station',
  retry: STATION_RETRY,
};

const NEEDS_SECRET: Readonly<Record<ChannelSettings['type'], boolean>> = {
  station: false,
  webhook: true,
  pagerduty: true,
  alertmanager: false,
};

/** What is wrong with one channel beside its form. */
function faultsOf(one: ChannelSettings): string | undefined {
  if (one.type === 'station') return undefined;
  const { protocol, hostname } = new URL(one.url);
  if (protocol === 'http:' && !one.allowHttp && !LOOPBACK.includes(hostname)) {
    return "url: https, or http with allowHttp: true where the network is nobody else's";
  }
  if (one.secretFile !== undefined && one.secretEnv !== undefined) return 'secretFile or secretEnv, not both';
  const isNamed = one.secretFile !== undefined || one.secretEnv !== undefined;
  return NEEDS_SECRET[one.type] && !isNamed ? `a ${one.type} needs secretFile or secretEnv` : undefined;
}

/** The file that HEARTLINE_CHANNELS_FILE names. */
export const channelsFile = z
  .strictObject({ channels: z.array(channel) })
  .transform(({ channels }) => (channels.some(({ type }) => type === 'station') ? channels : [STATION, ...channels]))
  .superRefine((channels, context) => {
    const names = channels.map(({ name }) => name);
    const fault = (index: number, message: string) =>
      context.addIssue({ code: 'custom', path: ['channels', names[index] ?? index], message });
    for (const [index, one] of channels.entries()) {
      const { name, redirectTo, type } = one;
      if (names.indexOf(name) !== index) fault(index, 'each name once');
      if (type === 'station' && channels.findIndex((other) => other.type === 'station') !== index)
        fault(index, 'one station');
      if (redirectTo === name || (redirectTo !== undefined && !names.includes(redirectTo))) {
        fault(index, `redirectTo: another channel of the file: ${names.filter((other) => other !== name).join(', ')}`);
      }
      const wrong = faultsOf(one);
      if (wrong !== undefined) fault(index, wrong);
    }
  });
