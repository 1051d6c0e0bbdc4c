import type { OnEvent } from './events.ts';
import type { Identify } from './identity.ts';
import type { JournalWriter } from './journal.ts';
import type { Limits } from './limits.ts';
import type { ToxicSet } from './toxic-set.ts';

/** What all connections of a proxy share. */
export interface Link {
  readonly toxics: ToxicSet;
  readonly journal: JournalWriter;
  readonly identify: Identify;
  readonly limits: Limits;
  readonly onEvent: OnEvent;
}

/** What the two directions of a connection share. */
export interface ConnectionFacts {
  readonly connection: number;
  /** MQTT's protocol level; undefined until a CONNECT was seen. */
  protocol: 3 | 4 | 5 | undefined;
  clientId: string;
}
