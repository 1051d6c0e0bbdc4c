// Promise: what was set for a ward is removed, with who did it and why; the default holds there.
import { deleteScope, WARD_OF } from '../../shared/vitals/threshold-routes.ts';

export const handler = deleteScope('delete-ward-thresholds', WARD_OF);
