import { expect, test } from 'vitest';
import { idempotencyKey } from './idempotency-key.ts';
import { orderIdOf } from './purchase-message.ts';

const keyOf = (header: string | undefined) => idempotencyKey({ 'idempotency-key': header });

test.each([
  ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ['"a\\"b\\\\c"', 'a"b\\c'],
  ['  k  ', 'k'],
  ['x'.repeat(255), 'x'.repeat(255)],
])('%j is the key %j', (header, key) => {
  expect(keyOf(header)).toBe(key);
});

test.each([
  [undefined, 'idempotency_key_missing'],
  ['', 'idempotency_key_missing'],
  ['   ', 'idempotency_key_missing'],
  ['x'.repeat(300), 'idempotency_key_invalid'],
  [`"${'x'.repeat(256)}"`, 'idempotency_key_invalid'],
  ['a\u0000b', 'idempotency_key_invalid'],
  ['a\u0007b', 'idempotency_key_invalid'],
  ['a b', 'idempotency_key_invalid'],
  ['""', 'idempotency_key_invalid'],
  ['"open', 'idempotency_key_invalid'],
  ['ключ', 'idempotency_key_invalid'],
])('%j is refused as %s', (header, code) => {
  expect(() => keyOf(header)).toThrow(expect.objectContaining({ code }));
});

test('an order’s id is a UUID of version 5 that depends on key and purchase, not on how the purchase is spelled', () => {
  const body = { sku: 'a', quantity: 1, customerId: 'c' };
  const id = orderIdOf('k', body);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(orderIdOf('k', { customerId: 'c', quantity: 1, sku: 'a' })).toBe(id);
  const others = [
    orderIdOf('k2', body),
    orderIdOf('k', { ...body, quantity: 2 }),
    orderIdOf('k', { ...body, sku: 'b' }),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
});
