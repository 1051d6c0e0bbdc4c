import { CAP, type Publish, TAG, type Trace } from './test-machine-model.ts';

export type Law = (trace: Trace) => boolean;

const isRising = (values: readonly (number | bigint)[]): boolean =>
  values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
const isStored = ({ endings }: Publish) => endings[0]?.type === 'stored';
const neverSent: readonly string[] = ['in_flight_full', 'batch_too_large', 'not_connected'];

export const laws: Record<string, Law> = {
  'stored is said only of what the broker has confirmed, every message of it': (trace) =>
    trace.publishes
      .filter(isStored)
      .every(({ keys }) => keys.every((key) => trace.confirmed.has(key) && trace.log.includes(key))),
  'each publish ends, once': ({ publishes, drained }) =>
    publishes.every(({ endings }) => endings.length === 1) && drained === 1,
  'a publish ends by its deadline': ({ publishes, lateMs }) =>
    lateMs === 0 && publishes.every(({ endedMs, deadlineMs }) => endedMs <= deadlineMs),
  'after a reconnect all that is unconfirmed is sent at once, in the order of publishing': ({ resends }) =>
    resends.every(({ due, sent }) => sent.length === due.length && sent.every((key, index) => key === due[index])),
  'on one connection nothing is sent twice, and the order of publishing is kept': ({ sends }) => {
    const last = new Map<number, number>();
    return sends.every(({ key, connection }) => {
      const inOrder = key > (last.get(connection) ?? 0);
      last.set(connection, key);
      return inOrder;
    });
  },
  'what has failed is not sent any more': ({ publishes, sends }) =>
    publishes.every(({ keys, endings, endedMs }) =>
      sends.every(({ key, atMs }) => endings[0]?.type !== 'failed' || !keys.includes(key) || atMs <= endedMs),
    ),
  'in flight is never above the cap, as it says and as the broker sees it': ({ inFlightMax, openMax }) =>
    inFlightMax <= CAP && openMax <= CAP,
  'with a name each message is stored at most once, in the order of publishing': ({ scenario, log }) =>
    !scenario.named || isRising(log),
  'an id is kept by its message, has the tag, and is above the stored sequence': ({ scenario, sends }) => {
    const ids = new Map<number, bigint>();
    return sends.every(({ key, id }) => {
      const known = ids.get(key) ?? id;
      ids.set(key, id);
      const isAbove = !scenario.named || id > scenario.sequence;
      return id === known && (id & 0xffffn) === BigInt(TAG) && isAbove;
    });
  },
  'may be stored is not denied of what was sent; not sent is not said of it': ({ publishes, sends }) =>
    publishes.every(({ keys, endings: [ending] }) => {
      if (ending?.type !== 'failed') return true;
      const wasSent = keys.some((key) => sends.some((one) => one.key === key));
      return ending.mayBeStored === wasSent && (!wasSent || !neverSent.includes(ending.code));
    }),
  'one publisher has no conflict of names with itself': ({ conflicts }) => conflicts.length === 0,
};
