import type { Severity } from '../../alerts/alert-kinds.ts';
import { HEART_RATE, KINDS, type NumericKind, RESPIRATORY_RATE, SPO2, SYSTOLIC, TEMPERATURE } from '../kinds.ts';
import type { Last, PatientView } from '../patient-state.ts';
import type { EffectiveThresholds } from '../thresholds.ts';
import type { Rule } from './rule.ts';

/** [up to this value (inclusive), points], from low to high; above all: the last. */
type Bands = readonly (readonly [upTo: number, points: number])[];
const REST = Number.POSITIVE_INFINITY;

/** The chart of the RCP, 2017. */
const RESPIRATION: Bands = [
  [8, 3],
  [11, 1],
  [20, 0],
  [24, 2],
  [REST, 3],
];
const SPO2_SCALE_1: Bands = [
  [91, 3],
  [93, 2],
  [95, 1],
  [REST, 0],
];
const SPO2_SCALE_2_AIR: Bands = [
  [83, 3],
  [85, 2],
  [87, 1],
  [REST, 0],
];
const SPO2_SCALE_2_OXYGEN: Bands = [
  [83, 3],
  [85, 2],
  [87, 1],
  [92, 0],
  [94, 1],
  [96, 2],
  [REST, 3],
];
const SYSTOLIC_PRESSURE: Bands = [
  [90, 3],
  [100, 2],
  [110, 1],
  [219, 0],
  [REST, 3],
];
const PULSE: Bands = [
  [40, 3],
  [50, 1],
  [90, 0],
  [110, 1],
  [130, 2],
  [REST, 3],
];
const TEMPERATURES: Bands = [
  [35.0, 3],
  [36.0, 1],
  [38.0, 0],
  [39.0, 1],
  [REST, 2],
];
const OXYGEN_POINTS = 2;
/** The chart has whole numbers, and temperatures with one decimal. */
const TENTHS = 10;

/** A score is made for a round of observations; taken each second, it counts once it has stood for so long, and ends likewise. */
const STANDS_MS = 60_000;
const MS_PER_S = 1_000;
const URGENT = 5;
const EMERGENCY = 7;
/** Of a single sign. */
const RED = 3;

/** By index: with destructuring, five times a reading, all of the evaluation was measured to take a fifth longer. */
function pointsIn(bands: Bands, value: number): number {
  for (const band of bands) if (value <= band[0]) return band[1];
  return 0;
}

/**
 * The score from the newest valid values, each as long as its kind's "no data" limit. What is not known counts nothing, so a
 * score of part of the chart is a lower bound; consciousness is not measured and counts as alert.
 */
export function news2Score(
  last: PatientView['last'],
  { spo2Scale, supplementalOxygen }: EffectiveThresholds['news2'],
  atMs: number,
): { score: number; red: readonly NumericKind[]; known: number } {
  const red: NumericKind[] = [];
  let score = supplementalOxygen ? OXYGEN_POINTS : 0;
  let known = 0;
  const add = (found: Last | undefined, kind: NumericKind, bands: Bands, decimals = 1) => {
    if (typeof found?.value !== 'number' || found.validity !== 'valid') return;
    if (atMs - found.atMs > kind.noDataAfterS * MS_PER_S) return;
    known += 1;
    const points = pointsIn(bands, Math.round(found.value * decimals) / decimals);
    score += points;
    if (points >= RED) red.push(kind);
  };
  add(last[RESPIRATORY_RATE], KINDS[RESPIRATORY_RATE], RESPIRATION);
  const scale2 = supplementalOxygen ? SPO2_SCALE_2_OXYGEN : SPO2_SCALE_2_AIR;
  add(last[SPO2], KINDS[SPO2], spo2Scale === 2 ? scale2 : SPO2_SCALE_1);
  add(last[SYSTOLIC], KINDS[SYSTOLIC], SYSTOLIC_PRESSURE);
  add(last[HEART_RATE], KINDS[HEART_RATE], PULSE);
  add(last[TEMPERATURE], KINDS[TEMPERATURE], TEMPERATURES, TENTHS);
  return { score, red, known };
}

const CODES = [RESPIRATORY_RATE, SPO2, SYSTOLIC, HEART_RATE, TEMPERATURE] as const;
const LEVELS = [null, 'low', 'medium', 'high'] as const satisfies readonly (Severity | null)[];

/** A single sign that is told of by its own limit is not told of once more. */
const isNews = ({ short }: NumericKind, { open, suffix }: PatientView) =>
  !(`threshold/${short}/low${suffix}` in open || `threshold/${short}/high${suffix}` in open);
function rankOf(score: number, red: readonly NumericKind[], patient: PatientView): number {
  if (score >= EMERGENCY) return 3;
  if (score >= URGENT) return 2;
  return red.some((kind) => isNews(kind, patient)) ? 1 : 0;
}
/** Between readings that far apart it is not known how the score stood. */
const GAP_MS = 10_000;

type Memory = {
  /** For how long the score has stood for another level than that which is told, less the time for which it has not. */
  pendingMs: number;
  /** Since when it has, at most. */
  sinceMs: number;
  /** Of the newest reading. */
  atMs: number;
  /** 0 none, 1 a single sign of 3, 2 urgent (5 to 6), 3 emergency (7 and more). */
  told: number;
  onsetMs: number;
};

/**
 * NEWS2: 7 and more is high priority, 5 or 6 medium (urgent review), 3 points for a single sign low (review by the ward's own
 * staff) unless a limit of that sign tells of it, each once it has stood for a minute.
 */
export const news2: Rule<Memory> = {
  name: 'news2',
  source: 'Royal College of Physicians: National Early Warning Score (NEWS) 2, London 2017, charts 1 and 2',
  category: 'physiological',
  perKind: false,
  kinds: CODES,
  judge(before, { atMs }, { patient, thresholds }) {
    const memory = before ?? { pendingMs: 0, sinceMs: atMs, atMs, told: 0, onsetMs: 0 };
    const { score, red, known } = news2Score(patient.last, thresholds.news2, atMs);
    const rank = thresholds.news2.enabled ? rankOf(score, red, patient) : 0;
    const { told, onsetMs } = memory;
    const passedMs = Math.min(Math.max(atMs - memory.atMs, 0), GAP_MS);
    const pendingMs = Math.max(0, memory.pendingMs + (rank === told ? -passedMs : passedMs));
    const sinceMs = memory.pendingMs === 0 ? atMs : Math.min(memory.sinceMs, atMs);
    if (rank === told || pendingMs < STANDS_MS) {
      // What was told of before a start without memory, and is over.
      const findings = rank === 0 && told === 0 ? NONE : [];
      return { memory: { pendingMs, sinceMs, atMs, told, onsetMs }, findings };
    }
    const beganMs = told === 0 ? sinceMs : onsetMs;
    const priority = LEVELS[rank] ?? null;
    const level = priority === null ? null : { priority, onsetMs: beganMs, detail: { score, known } };
    return {
      memory: { pendingMs: 0, sinceMs: atMs, atMs, told: rank, onsetMs: beganMs },
      findings: [{ condition: 'score', level }],
    };
  },
};

const NONE = [{ condition: 'score', level: null }];
