// Promise: thresholds for a ward, checked against themselves, stored with who changed them and why, and followed within a second.
import { putScope, WARD_OF } from '../../shared/vitals/threshold-routes.ts';

export const handler = putScope('put-ward-thresholds', WARD_OF);
