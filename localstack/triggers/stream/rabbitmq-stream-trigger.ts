import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { TriggerKind } from '../trigger-kind.ts';
import type { FencedStore } from './checkpoint-store.ts';
import { parseRabbitmqStreamOptions, type RabbitmqStreamOptions } from './options.ts';
import { startRabbitmqStreamEventSource } from './rabbitmq-stream-event-source.ts';

export interface RabbitmqStreamResources {
  /** The broker, asked for once a trigger: `rabbitmq-stream://[user:password@]host[:port][/vhost]`. */
  readonly url: () => string;
  /** For `rabbitmq-stream+tls:` and a certificate of one's own. */
  readonly tls?: TlsOptions;
  /** For triggers with `checkpoint: postgres` or `handler`. */
  readonly fencedStore?: FencedStore;
  /** Stream that takes records which are no messages, where a trigger names no failure destination. */
  readonly undecodableTo?: string;
  /** Told of each trigger that starts, before it reads anything. */
  readonly starting?: (options: Pick<RabbitmqStreamOptions, 'superStream' | 'checkpoint'>) => void;
}

/** `- rabbitmqStream: { stream or superStream: … }`: a stream that invokes as Kinesis does. */
export const rabbitmqStreamTrigger: TriggerKind<RabbitmqStreamResources> = {
  prepare(rawOptions) {
    const parsed = parseRabbitmqStreamOptions(rawOptions);
    if (!parsed.ok) return parsed;
    return {
      ok: true,
      enabled: parsed.options.enabled,
      start({ url, starting, ...resources }, { functionName, ...run }) {
        starting?.(parsed.options);
        return startRabbitmqStreamEventSource({
          ...resources,
          ...run,
          name: functionName,
          url: url(),
          options: parsed.options,
        });
      },
    };
  },
};
