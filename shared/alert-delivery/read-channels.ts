import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { config, secretVariable } from '../config.ts';
import { PermanentError } from '../errors.ts';
import { type ChannelSettings, channelsFile, type HttpSettings, STATION } from './channel-settings.ts';
import { webhookKey } from './webhook.ts';

/** A channel, and what it proves itself with. */
export type Channel = Extract<ChannelSettings, { type: 'station' }> | (HttpSettings & { readonly secret: string });
export type HttpChannel = Exclude<Channel, { type: 'station' }>;

const invalid = (message: string, cause?: unknown) => new PermanentError('channels_invalid', message, { cause });

/** The error names the file and what is wrong in it, and never a secret. */
function contentOf(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`${what} ${path} cannot be read.`, error);
  }
}

function secretOf({ name, secretFile, secretEnv }: HttpSettings): string {
  if (secretFile !== undefined) return contentOf(secretFile, `The secret of channel ${name} in`).trim();
  if (secretEnv === undefined) return '';
  const secret = secretVariable(secretEnv);
  if (secret === undefined) throw invalid(`The secret of channel ${name} is to be in ${secretEnv}, which is not set.`);
  return secret;
}

/**
 * The channels of a file, YAML or JSON.
 * @throws PermanentError `channels_invalid`: the file, the member's path and what is allowed there; `webhook_secret`
 */
export function channelsIn(path: string): readonly Channel[] {
  let value: unknown;
  try {
    value = parse(contentOf(path, 'HEARTLINE_CHANNELS_FILE'));
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw invalid(`HEARTLINE_CHANNELS_FILE ${path} is no YAML: line ${error.linePos?.[0].line ?? '?'}.`);
  }
  const read = channelsFile.safeParse(value);
  if (!read.success) {
    const faults = read.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
    throw invalid(`HEARTLINE_CHANNELS_FILE ${path}: ${faults.join('; ')}`);
  }
  return read.data.map((one) => {
    if (one.type === 'station') return one;
    const channel = { ...one, secret: secretOf(one) };
    if (channel.type === 'webhook') webhookKey(channel);
    return channel;
  });
}

let kept: { readonly path: string | undefined; readonly channels: readonly Channel[] } | undefined;

/**
 * This process's channels, read once; without a file the nurse station alone.
 * @throws PermanentError `channels_invalid`
 */
export function processChannels(): readonly Channel[] {
  const path = config().delivery.channelsFile;
  if (kept === undefined || kept.path !== path) {
    kept = { path, channels: path === undefined ? [STATION] : channelsIn(path) };
  }
  return kept.channels;
}
