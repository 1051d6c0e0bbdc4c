import { expect, test } from 'vitest';
import { matches } from './topic-filter.ts';

// The examples of MQTT 5, sections 4.7.1 and 4.7.2, and one of 4.8.2.
test.each([
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/#', 'sport', true],
  ['sport/tennis/+', 'sport/tennis/player1', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+/+', '/finance', true],
  ['+', '/finance', false],
  ['#', '$SYS/', false],
  ['+/monitor/Clients', '$SYS/monitor/Clients', false],
  ['$SYS/#', '$SYS/monitor', true],
  ['$share/group/hl/+/alert', 'hl/7/alert', true],
  ['hl/+/alert', 'hl/7/vitals', false],
])('%s against %s', (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected);
});
