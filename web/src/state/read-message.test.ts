import { expect, test } from 'vitest';
import { alertOf, alertsTopic, heartbeatTopic, snapshotOf, vitalsOf, vitalsTopic } from '../../testing/test-ward.ts';
import { readMessage } from './read-message.ts';

const WARD = 'icu-1';
const NOW = Date.parse('2026-03-01T12:00:00Z');
const come = (topic: string, body: unknown, isRetained = false) =>
  readMessage({ topic, text: typeof body === 'string' ? body : JSON.stringify(body), atMs: NOW, isRetained });

test('readings of the topic’s own patient, and of nobody else', () => {
  const message = vitalsOf(WARD, 0);
  expect(come(vitalsTopic(message), message)).toEqual({ type: 'vitals', message, arrivedMs: NOW });
  expect(come(vitalsTopic(message), { ...message, patientId: 'another' })).toBeUndefined();
  expect(come(vitalsTopic(message), { ...message, bed: 'b99' })).toBeUndefined();
  expect(come(vitalsTopic(message).replace('vitals', 'status'), message)).toBeUndefined();
});

test('a snapshot that has the form of one', () => {
  const snapshot = snapshotOf(WARD, 3, [alertOf(WARD, 0)]);
  expect(come(alertsTopic(WARD), snapshot)).toEqual({ type: 'snapshot', snapshot });
  expect(come(alertsTopic(WARD), { ...snapshot, alerts: [{}] })).toBeUndefined();
  expect(come(alertsTopic(WARD), '{"')).toBeUndefined();
  expect(come(alertsTopic(WARD), '')).toBeUndefined();
});

test('a heartbeat is a sign of life of when its pulse set out; a retained one, of then', () => {
  const at = '2026-03-01T11:00:00.000Z';
  expect(come(heartbeatTopic(WARD), { at })).toEqual({ type: 'heartbeat', atMs: NOW });
  expect(come(heartbeatTopic(WARD), { at, lagMs: 20_000 })).toEqual({ type: 'heartbeat', atMs: NOW - 20_000 });
  expect(come(heartbeatTopic(WARD), { at }, true)).toEqual({ type: 'heartbeat', atMs: Date.parse(at) });
  expect(come(heartbeatTopic(WARD), { at: 'soon' })).toBeUndefined();
});
