// Promise: thresholds for a patient, checked against themselves, stored with who changed them and why, and followed within a second.
import { PATIENT_OF, putScope } from '../../shared/vitals/threshold-routes.ts';

export const handler = putScope('put-patient-thresholds', PATIENT_OF);
