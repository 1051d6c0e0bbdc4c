// Promise: what was set for a patient is removed, with who did it and why; the ward's holds for that patient.
import { deleteScope, PATIENT_OF } from '../../shared/vitals/threshold-routes.ts';

export const handler = deleteScope('delete-patient-thresholds', PATIENT_OF);
