import { alerts } from './alerts.ts';
import { atLeastOnce } from './at-least-once.ts';
import { atMostOnce } from './at-most-once.ts';
import type { Dashboard } from './dashboard.ts';
import { dbFirst } from './db-first.ts';
import { medicalEvents } from './medical-events.ts';
import { platform } from './platform.ts';
import { purchase } from './purchase.ts';
import { vitals } from './vitals.ts';

/** Every dashboard: one a stage, and one for what all stages stand on. */
export const dashboards: readonly Dashboard[] = [
  dbFirst,
  atMostOnce,
  atLeastOnce,
  purchase,
  medicalEvents,
  vitals,
  alerts,
  platform,
];
