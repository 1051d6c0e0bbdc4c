import { describe, expect, test } from 'vitest';
import { eventually } from '../../localstack/testing/eventually.ts';
import { gate } from './fixtures.ts';
import { type GroupedCall, gather, MAX_GROUPS_UNDER_WAY } from './gather.ts';

/** An item is `key` or `key:what is special`; an outcome names the statement that had it: its number, from 1. */
type Kind = GroupedCall<string, string>;

/** A kind of statement that notes what it is sent, and answers when the gate opens. */
function kindOf(overrides: Partial<Kind> = {}) {
  const sent: string[] = [];
  const answers = gate();
  const kind: Kind = {
    keyOf: (item) => item.split(':')[0] ?? '',
    sizeOf: (item) => item.length,
    async send(group) {
      const number = sent.push(group.join(' '));
      await answers.opened;
      return group.map((item) => (item.endsWith(':unknown') ? undefined : `${item} by ${number}`));
    },
    async sendAlone(item) {
      sent.push(`alone ${item}`);
      if (item.endsWith(':bad')) throw new Error(`bad ${item}`);
      return `${item} alone`;
    },
    isShared: () => true,
    isOneItems: (error) => error instanceof RangeError,
    ...overrides,
  };
  return { sent, open: answers.open, call: gather(kind), kind };
}
/** As many calls as there may be statements under way, each alone in its own. */
async function occupy(call: (item: string) => Promise<string>, sent: readonly string[]) {
  const calls: Promise<string>[] = [];
  for (let n = 1; n <= MAX_GROUPS_UNDER_WAY; n += 1) {
    calls.push(call(`busy${n}`));
    await eventually(`statement ${n}`, () => sent.length === n);
  }
  return calls;
}
const settled = async (calls: Promise<string>[]) =>
  (await Promise.allSettled(calls)).map((one) =>
    one.status === 'fulfilled' ? one.value : (one.reason as Error).message,
  );

test('a call that meets none under way is sent in the same turn of the event loop, with those made in it', async () => {
  const { sent, call, open } = kindOf();
  const calls = ['a', 'b'].map(call);
  await Promise.resolve().then(() => calls.push(call('c')));
  await new Promise((resolve) => process.nextTick(resolve));
  expect(sent).toEqual(['a b c']);
  open();
  expect(await settled(calls)).toEqual(['a by 1', 'b by 1', 'c by 1']);
});

test('what is called while statements are under way goes as one, each with its own outcome', async () => {
  const { sent, call, open } = kindOf();
  const busy = await occupy(call, sent);
  const calls = ['a', 'b', 'c'].map(call);
  await new Promise(setImmediate);
  expect(sent).toHaveLength(MAX_GROUPS_UNDER_WAY);
  open();
  const number = MAX_GROUPS_UNDER_WAY + 1;
  expect(await settled(calls)).toEqual(['a', 'b', 'c'].map((item) => `${item} by ${number}`));
  expect(sent).toHaveLength(number);
  await Promise.all(busy);
});

describe('calls with the same key', () => {
  test('share an outcome where it holds for all', async () => {
    const { sent, call, open } = kindOf();
    open();
    expect(await settled(['a:1', 'a:2', 'b'].map(call))).toEqual(['a:1 by 1', 'a:1 by 1', 'b by 1']);
    expect(sent).toEqual(['a:1 b']);
  });

  test('else follow one after another, in the order of the calls', async () => {
    const { sent, call, open } = kindOf({ isShared: () => false });
    open();
    expect(await settled(['a:1', 'a:2', 'b', 'a:3'].map(call))).toEqual(['a:1 by 1', 'a:2 by 2', 'b by 1', 'a:3 by 3']);
    expect(sent).toEqual(['a:1 b', 'a:2', 'a:3']);
  });
});

test('an item whose outcome a group could not tell is sent alone', async () => {
  const { sent, call, open } = kindOf();
  open();
  expect(await settled(['a:unknown', 'b'].map(call))).toEqual(['a:unknown alone', 'b by 1']);
  expect(sent).toEqual(['a:unknown b', 'alone a:unknown']);
});

test("an error that may be one item's: each goes alone, and only the bad one fails", async () => {
  const { call } = kindOf({ send: () => Promise.reject(new RangeError('some item')) });
  expect(await settled(['a', 'b:bad', 'c', 'a:again'].map(call))).toEqual([
    'a alone',
    'bad b:bad',
    'c alone',
    'a:again alone',
  ]);
});

test('any other error fails each of the group, and the next group is sent', async () => {
  let isDown = true;
  const { kind } = kindOf();
  const call = gather({
    ...kind,
    async send(group) {
      if (isDown) throw new Error('connection lost');
      return group;
    },
  });
  expect(await settled(['a', 'b', 'a:again'].map(call))).toEqual(Array(3).fill('connection lost'));
  isDown = false;
  expect(await call('c')).toBe('c');
});

test('a group has an end: 200 items, a million characters', async () => {
  const { sent, call, open } = kindOf();
  open();
  await Promise.all(Array.from({ length: 450 }, (_, index) => call(`${index}`)));
  expect(sent.map((group) => group.split(' ').length)).toEqual([200, 200, 50]);
  sent.length = 0;
  await Promise.all(['a', 'b', 'c'].map((key) => call(`${key}:${'x'.repeat(600_000)}`)));
  expect(sent).toHaveLength(3);
});
