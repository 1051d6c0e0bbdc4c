import type { Statement, Transaction } from '../postgres/database.ts';
import type { DeskAlert } from './desk-alert.ts';
import type { DeskBefore } from './desk-work.ts';
import type { Grouping } from './grouping.ts';
import { type Duties, EVERY_WARD } from './roster.ts';

/**
 * The patients' rows, made where they are missing, and locked until the commit: in the order of their ids, so that two batches with
 * the same patients wait for each other in one direction. What is read after it nobody else changes.
 */
const LOCK = `
  INSERT INTO alert_desk.patients AS known (patient_id)
  SELECT patient_id FROM unnest($1::text[]) AS p (patient_id) ORDER BY patient_id COLLATE "C"
  ON CONFLICT (patient_id) DO UPDATE SET patient_id = known.patient_id
  RETURNING patient_id, grouping`;

/** All that is open of the patients; and of what is closed what is named: an event may open it again. */
const READ = `
  SELECT state, facts FROM alert_desk.alerts WHERE patient_id = ANY($1::text[]) AND phase <> 'closed'
  UNION ALL
  SELECT state, facts FROM alert_desk.alerts WHERE alert_id = ANY($2::uuid[]) AND phase = 'closed'`;

/** Of these wards and of every ward; and those that name one who is asked by name. */
const READ_ROSTERS = `
  SELECT ward, duties FROM alert_desk.rosters
  WHERE ward = ANY($1::text[]) OR ward = '${EVERY_WARD}' OR people && $2::text[]`;

const PATIENTS_OF = 'SELECT alert_id::text, patient_id FROM alert_desk.alerts WHERE alert_id = ANY($1::uuid[])';

/** Whose alert it is never changes; by alert, for those that there are. */
export const patientsOf = (alertIds: readonly string[]): Statement => ({
  name: 'desk-patients-of',
  text: PATIENTS_OF,
  values: [alertIds],
});

/** What is to be changed: all alerts of these patients, and these alerts though they be closed. */
export interface DeskScope {
  readonly patients: readonly string[];
  readonly alertIds: readonly string[];
  /** Wards of what is to come, beside those of what is open. */
  readonly wards: readonly string[];
  /** Who is going to be asked by name. */
  readonly people: readonly string[];
}

export async function lockAndRead(tx: Transaction, scope: DeskScope): Promise<DeskBefore> {
  const patients = [...new Set(scope.patients)];
  const locked = await tx.query<{ patient_id: string; grouping: Grouping }>({
    name: 'desk-lock',
    text: LOCK,
    values: [patients],
  });
  const alerts = await tx.query<DeskAlert & Record<string, unknown>>({
    name: 'desk-read',
    text: READ,
    values: [patients, scope.alertIds],
  });
  const wards = new Set([...scope.wards, ...alerts.map(({ state }) => state.ward)]);
  const people = [...scope.people, ...alerts.flatMap(({ state }) => state.asked.id ?? [])];
  const rosters = await tx.query<{ ward: string; duties: Duties }>({
    name: 'desk-read-rosters',
    text: READ_ROSTERS,
    values: [[...wards], people],
  });
  return {
    alerts,
    groupings: new Map(locked.map(({ patient_id, grouping }) => [patient_id, grouping])),
    rosters: new Map(rosters.map(({ ward, duties }) => [ward, duties])),
  };
}
