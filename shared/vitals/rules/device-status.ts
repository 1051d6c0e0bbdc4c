import type { Severity } from '../../alerts/alert-kinds.ts';
import { DEVICE_STATUS } from '../kinds.ts';
import type { Rule } from './rule.ts';

const PRIORITIES: Readonly<Record<string, Severity>> = {
  'leads-off': 'medium',
  'sensor-off': 'low',
  'battery-low': 'low',
  fault: 'medium',
};

/** The status that is told of, and since when. */
type Memory = { status: string; sinceMs: number };

/** What the monitor says of itself. */
export const deviceStatus: Rule<Memory> = {
  name: 'device',
  source: 'ISO/IEEE 11073-10101: MDC_EVT_LEAD_OFF, MDC_EVT_SENSOR_DISCONN, MDC_EVT_BATT_LO, MDC_EVT_DEV_FAULT',
  category: 'technical',
  perKind: false,
  kinds: [DEVICE_STATUS],
  judge(memory = { status: 'ok', sinceMs: 0 }, { value, validity, atMs }) {
    if (typeof value !== 'string' || validity === 'invalid' || value === memory.status) return undefined;
    const priority = PRIORITIES[value];
    return {
      memory: { status: value, sinceMs: atMs },
      findings: [
        ...(memory.status in PRIORITIES ? [{ condition: memory.status, level: null }] : []),
        ...(priority === undefined
          ? []
          : [{ condition: value, level: { priority, onsetMs: atMs, detail: { status: value } } }]),
      ],
    };
  },
};
