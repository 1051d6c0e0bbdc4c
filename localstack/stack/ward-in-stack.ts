import { join } from 'node:path';
import { localToken } from '../../shared/access/local-token.ts';
import type { WardCounters } from '../ward/counters.ts';
import type { FoundRecordings } from '../ward/find-recordings.ts';
import { httpDelivery } from '../ward/http-delivery.ts';
import { openJournal } from '../ward/journal.ts';
import type { Speed } from '../ward/pace.ts';
import { openPosition } from '../ward/position.ts';
import { lockFolder } from '../ward/state-files.ts';
import { createWard } from '../ward/ward.ts';

export interface StackWard {
  counters(): Readonly<WardCounters>;
  /** Settles when the ward has stopped; rejects when it could not go on. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

export interface StackWardOptions {
  home: string;
  recordings: FoundRecordings;
  alertsUrl: string;
  speed: Speed;
  beds: number | undefined;
  onRefused: (eventId: string, code: string) => void;
}

/** The ward that `npm start` replays: its state under `.heartline/ward/`, so that a restart goes on where it was. */
export function startWard(options: StackWardOptions): StackWard {
  const state = join(options.home, 'ward');
  const { recordings } = options;
  const unlock = lockFolder(state);
  const journal = openJournal(state);
  const stop = new AbortController();
  const ward = createWard({
    recordings,
    beds: options.beds ?? recordings.arrhythmia.length,
    speed: options.speed,
    deliver: httpDelivery({ url: options.alertsUrl, token: () => localToken('device') }),
    journal,
    position: openPosition(state),
    onEvent(event) {
      if (event.type === 'settled' && event.outcome === 'refused') options.onRefused(event.alert.eventId, event.code);
    },
    signal: stop.signal,
  });
  const ended = ward.run().then(
    () => close(),
    (error: unknown) => {
      close();
      throw error;
    },
  );
  function close(): void {
    journal.close();
    unlock();
  }
  return {
    counters: () => ward.counters(),
    ended,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}
