import { expect, test } from 'vitest';
import { withoutPassword, withoutUser } from './without-user.ts';

test.each([
  ['mqtt://heartline:secret@h:1883', 'mqtt://h:1883', 'mqtt://heartline@h:1883'],
  ['mqtt://h:1883', 'mqtt://h:1883', 'mqtt://h:1883'],
  ['http://h/a?b=c@d', 'http://h/a?b=c@d', 'http://h/a?b=c@d'],
  ['{"a":"amqp://u:p%40@h","b":"ws://h/ws"}', '{"a":"amqp://h","b":"ws://h/ws"}', '{"a":"amqp://u@h","b":"ws://h/ws"}'],
])('%s', (text, nobody, noPassword) => {
  expect([withoutUser(text), withoutPassword(text)]).toEqual([nobody, noPassword]);
});
