// Promise: the thresholds that are set for a ward, with their version.
import { getScope, WARD_OF } from '../../shared/vitals/threshold-routes.ts';

export const handler = getScope('get-ward-thresholds', WARD_OF);
