import { expect, test } from 'vitest';
import type { z } from 'zod';
import { TOXIC_TYPES, toxicSchema } from '../toxic.ts';
import { toxicInWords } from './toxic-words.ts';

type ToxicInput = z.input<typeof toxicSchema>;

const consumer = { link: 'consumer-broker' } as const;
const database = { link: 'backend-database' } as const;
const CASES: readonly (readonly [toxic: ToxicInput, words: string])[] = [
  [
    { type: 'latency', ...database, latencyMs: 200, jitterMs: 20 },
    '200 ms ± 20 ms of latency added, database → backend',
  ],
  [
    { type: 'latency', ...database, direction: 'upstream', latencyMs: 1500, toxicity: 0.5 },
    '1.5 s of latency added on 50 % of connections, backend → database',
  ],
  [{ type: 'bandwidth', ...database, rateKBps: 100 }, 'at most 100 KB/s, database → backend'],
  [{ type: 'bandwidth', ...database, rateKBps: 0 }, 'nothing gets through, database → backend'],
  [{ type: 'slow_close', ...database, delayMs: 1000 }, 'closing delayed by 1 s, database → backend'],
  [{ type: 'timeout', ...database, timeoutMs: 0 }, 'all data stopped, connections left open, database → backend'],
  [
    { type: 'timeout', ...database, timeoutMs: 5000 },
    'all data stopped, connections closed after 5 s, database → backend',
  ],
  [{ type: 'reset_peer', ...database, timeoutMs: 0 }, 'connections reset at once, backend ↔ database'],
  [
    { type: 'slicer', ...database, averageBytes: 64, variationBytes: 8, delayUs: 100 },
    'data cut into pieces of 64 ± 8 bytes, 100 µs apart, database → backend',
  ],
  [{ type: 'limit_data', ...database, bytes: 2048 }, 'connections closed after 2,048 bytes, database → backend'],
  [{ type: 'down', link: 'producer-backend' }, 'link down, connections refused, producer ↔ backend'],
  [{ type: 'drop', ...consumer, rate: 0.1 }, '10 % of PUBLISH packets dropped, broker → consumer'],
  [
    { type: 'drop', ...consumer, rate: 0.1, qos: [0, 1] },
    '10 % of PUBLISH packets of QoS 0, 1 dropped, broker → consumer',
  ],
  [
    { type: 'duplicate', ...consumer, rate: 0.05, qos: [2] },
    '5 % of PUBLISH packets of QoS 2 sent twice, broker → consumer',
  ],
  [{ type: 'duplicate', ...consumer, rate: 0.05 }, '5 % of PUBLISH packets sent twice, broker → consumer'],
  [
    { type: 'delay', ...consumer, direction: 'upstream', rate: 1, delayMs: 300, jitterMs: 0 },
    '100 % of PUBLISH packets delayed by 300 ms, consumer → broker',
  ],
  [
    { type: 'reorder', ...consumer, rate: 0.1, packets: 3 },
    '10 % of PUBLISH packets held back behind the next 3, broker → consumer',
  ],
  [
    { type: 'flap', ...consumer, upMs: 5000, downMs: 2000 },
    'link flaps, 5 s up and 2 s down by turns, consumer ↔ broker',
  ],
];

test.each(CASES)('%j', (toxic, words) => {
  expect(toxicInWords(toxicSchema.parse(toxic))).toBe(words);
});

test('there is a case of every type', () => {
  expect(new Set(CASES.map(([toxic]) => toxic.type))).toEqual(new Set(TOXIC_TYPES));
});
