import { expect, test } from 'vitest';
import { brokerScope, mqttClientId } from './broker-scopes.ts';

const scopes = (bearer: Parameters<typeof brokerScope>[0]) => brokerScope(bearer).split(' ');

test('a device writes the topics of its bed, and nothing else', () => {
  expect(scopes({ sub: 'monitor-4', role: 'device', wards: ['icu-1'], bed: 'bed-04' })).toEqual([
    'heartline.write:%2F/amq.topic/hl.icu-1.bed-04.*.alert',
    'heartline.write:%2F/amq.topic/hl.icu-1.bed-04.*.vitals',
    'heartline.write:%2F/amq.topic/hl.icu-1.bed-04.*.status',
  ]);
});

test('a gateway writes for its wards, or for all', () => {
  expect(scopes({ sub: 'central-1', role: 'device', wards: ['icu-1'] })).toEqual([
    'heartline.write:%2F/amq.topic/hl.icu-1.*',
  ]);
  expect(scopes({ sub: 'gateway', role: 'device' })).toEqual(['heartline.write:%2F/amq.topic/hl.*']);
});

test('staff read their wards and write receipts; their sessions are their own', () => {
  expect(scopes({ sub: 'nina', role: 'nurse', wards: ['icu-1'] })).toEqual([
    'heartline.read:%2F/amq.topic/hl.icu-1.*',
    'heartline.read:%2F/amq.topic/station.icu-1.*',
    'heartline.write:%2F/amq.topic/station.icu-1.receipts',
    'heartline.configure:%2F/mqtt-subscription-nina%2F*',
    'heartline.write:%2F/mqtt-subscription-nina%2F*',
    'heartline.read:%2F/mqtt-subscription-nina%2F*',
  ]);
  expect(scopes({ sub: 'nina', role: 'doctor' })).toContain('heartline.write:%2F/amq.topic/station.*.receipts');
});

test('no ward named is no ward; a name with a meaning in a pattern is only a name', () => {
  expect(brokerScope({ sub: 'x', role: 'device', wards: [] })).toBe('');
  const [scope] = scopes({ sub: 'x', role: 'device', wards: ['*'] });
  expect(scope).toBe('heartline.write:%2F/amq.topic/hl.%2A.*');
  const sessions = scopes({ sub: '* a/b', role: 'nurse', wards: [] });
  expect(sessions[0]).toBe('heartline.configure:%2F/mqtt-subscription-%2A%2520a%252Fb%2F*');
  expect(mqttClientId('* a/b', '1')).toBe('*%20a%2Fb/1');
});
