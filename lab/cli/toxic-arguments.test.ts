import { describe, expect, test } from 'vitest';
import { toxicCommand } from './toxic-arguments.ts';

const words = (line: string) => toxicCommand(line.split(' ').filter(Boolean));

describe('npm run lab -- toxic', () => {
  test.each([
    ['list', { action: 'list' }],
    ['clear', { action: 'clear' }],
    ['remove slow', { action: 'remove', name: 'slow' }],
    ['--help', { action: 'help' }],
    ['add --help', { action: 'help' }],
  ])('%s', (line, command) => {
    expect(words(line)).toEqual(command);
  });

  test.each([
    ['backend-database latency latencyMs=200 name=slow', { latencyMs: 200, name: 'slow', direction: 'downstream' }],
    ['backend-database latency latencyMs=200 name=5', { name: '5' }],
    ['consumer-broker drop rate=0.1', { rate: 0.1, qos: [0], name: 'drop_downstream@consumer-broker' }],
    ['consumer-broker drop rate=1 qos=0,1', { rate: 1, qos: [0, 1] }],
    ['producer-backend down', { type: 'down', link: 'producer-backend', name: 'down_downstream@producer-backend' }],
    ['backend-database latency latencyMs=0x10', { latencyMs: 16 }],
  ])('add %s', (line, toxic) => {
    expect(words(`add ${line}`)).toMatchObject({ action: 'add', toxic });
  });

  test.each([
    ['', /^Say what to do/],
    ['ad backend-database latency', /no 'toxic ad'/],
    ['list everything', /'everything' is too much/],
    ['remove', /takes one name/],
    ['remove a b', /takes one name/],
    ['add', /takes a link and a type/],
    ['add backend-database', /takes a link and a type/],
    ['add backend latency latencyMs=200', /^link: must be one of backend-database, /],
    ['add backend-database latnecy latencyMs=200', /^type: there is no toxic "latnecy"; there are latency, /],
    ['add backend-database latency', /^latencyMs: is missing/],
    [
      'add backend-database latency latency=200 latencyMs=1',
      /^latency: there is no such field here: latency has .*latencyMs/,
    ],
    ['add backend-database latency latencyMs=long', /^latencyMs: expected number, received string/],
    ['add backend-database latency latencyMs=', /^latencyMs: expected number, received string/],
    ['add backend-database latency latencyMs', /^'latencyMs': give it as name=value/],
    ['add backend-database latency =3', /^'=3': give it as name=value/],
    ['add backend-database latency type=drop latencyMs=1', /^'type=' is given by its place/],
    ['add backend-database latency latencyMs=1 name=a=b', /^name: must be 1 to 64 of/],
    [
      'add backend-database drop rate=0.1',
      /^link: is backend-database, but 'drop' acts on MQTT packets: only on consumer-broker/,
    ],
    ['add consumer-broker drop rate=2', /^rate: .*1/],
    ['add consumer-broker drop rate=1 qos=3', /^qos.0: must be 0, 1 or 2/],
    ['add producer-backend down name=x', /^name: there is no such field here: down has type, link/],
  ])("add's fault in '%s' is named, with the usage", (line, message) => {
    expect(() => words(line)).toThrow(message);
    expect(() => words(line)).toThrow(/npm run lab -- toxic list/);
  });
});
