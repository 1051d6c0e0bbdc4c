import { localToken } from '../../../shared/access/local-token.ts';
import type { WardCounters } from '../counters.ts';
import type { Deliver } from '../delivery.ts';
import { httpDelivery } from '../http-delivery.ts';
import { type AlertJournal, openJournal } from '../journal.ts';
import { openPosition, type PositionStore } from '../position.ts';
import { createWard, type WardOptions } from '../ward.ts';

/** Short waits, so that a test of many failures is over soon. */
const QUICK_BACKOFF = { firstMs: 2, mostMs: 20 };

type Play = Pick<WardOptions, 'recordings'> &
  Partial<Omit<WardOptions, 'journal' | 'position'>> & {
    /** The folder of the ward's state. */
    readonly state: string;
    /** Where to POST alerts; without it (and without `deliver`) every alert counts as stored. */
    readonly url?: string;
    readonly timeoutMs?: number;
    /** Puts something in front of the delivery, the journal or the position. */
    readonly deliveryOf?: (deliver: Deliver) => Deliver;
    readonly journalOf?: (journal: AlertJournal) => AlertJournal;
    readonly positionOf?: (position: PositionStore) => PositionStore;
  };
export type PlayOptions = Omit<Play, 'recordings' | 'state' | 'url'>;

/** Plays a ward with its state in a folder, at full speed and once where nothing else is said, and closes what it opened. */
export async function play(options: Play): Promise<Readonly<WardCounters>> {
  const { state, url, timeoutMs, deliveryOf, journalOf, positionOf, ...rest } = options;
  const journal = openJournal(state);
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  const deliver: Deliver =
    url === undefined
      ? async () => ({ status: 'stored' })
      : httpDelivery({ url, token: () => localToken('device'), ...limit });
  try {
    return await createWard({
      speed: 'max',
      once: true,
      deliver: deliveryOf ? deliveryOf(deliver) : deliver,
      journal: journalOf ? journalOf(journal) : journal,
      position: positionOf ? positionOf(openPosition(state)) : openPosition(state),
      signal: new AbortController().signal,
      backoff: QUICK_BACKOFF,
      ...rest,
    }).run();
  } finally {
    journal.close();
  }
}
