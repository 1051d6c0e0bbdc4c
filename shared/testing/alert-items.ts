import { randomUUID } from 'node:crypto';
import type { AlertItem } from '../alert-desk/alert-item.ts';

const OPENED = '2026-11-01T10:00:00.000Z';

/** An alert that rings and is asked of a nurse. */
export const anAlertItem = (change: Partial<AlertItem> = {}): AlertItem => ({
  alertId: randomUUID(),
  version: 1,
  patientId: 'patient-1',
  ward: 'icu-1',
  bed: 'b1',
  deviceId: 'monitor-1',
  rule: 'threshold',
  condition: 'threshold/59408-5/low',
  category: 'physiological',
  kind: '59408-5',
  priority: 'high',
  phase: 'active',
  status: 'active',
  rings: true,
  at: OPENED,
  onset: OPENED,
  openedAt: OPENED,
  updatedAt: OPENED,
  detail: { value: 82, limit: 88 },
  asked: { role: 'nurse', id: null },
  answerBy: '2026-11-01T10:01:00.000Z',
  acknowledgedUntil: null,
  silencedUntil: null,
  owner: null,
  inhibitedBy: null,
  isLatched: true,
  closeAt: null,
  ...change,
});
