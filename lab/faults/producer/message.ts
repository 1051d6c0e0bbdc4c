import { drawsOf } from '../schedule/draw.ts';
import type { Intent } from '../verdict/history.ts';

/** What a handler can do nothing with. */
const POISON_AMOUNT = 'not an amount';
const MOST_AMOUNT = 1_000;

/** A message as it goes over the link. */
export interface WireMessage {
  readonly id: string;
  readonly key: string;
  readonly sequence: number;
  /** Text in a poison message. */
  readonly amount: number | typeof POISON_AMOUNT;
}

export interface MessageRules {
  readonly seed: number;
  readonly keys: number;
  /** One a partition. */
  readonly wards: number;
  /** Share of messages that no handler can apply. */
  readonly poisonRate: number;
}

export interface Lane {
  readonly key: string;
  readonly topic: string;
  /** Content and fate of this key's message of this number depend on the seed alone. */
  message(sequence: number): Omit<Intent, 'kind' | 'atMs'>;
}

/** A lane a key: its patients' topics spread over the wards in turn. */
export function lanesOf({ seed, keys, wards, poisonRate }: MessageRules): readonly Lane[] {
  const draws = drawsOf(seed);
  return Array.from({ length: keys }, (_, number) => {
    const key = `p${number}`;
    return {
      key,
      topic: `hl/w${number % wards}/b${number}/${key}/alert`,
      message(sequence) {
        const id = `${key}-${sequence}`;
        const poison = draws.unit(`${id}/poison`) < poisonRate;
        return { id, key, sequence, amount: draws.whole(`${id}/amount`, 1, MOST_AMOUNT), poison };
      },
    };
  });
}

export function wireOf({ id, key, sequence, amount, poison }: Omit<Intent, 'kind' | 'atMs'>): string {
  const message: WireMessage = { id, key, sequence, amount: poison ? POISON_AMOUNT : amount };
  return JSON.stringify(message);
}
