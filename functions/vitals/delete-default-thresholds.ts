// Promise: what was set for everybody is removed, with who did it and why; the built-in thresholds hold.
import { DEFAULT_OF, deleteScope } from '../../shared/vitals/threshold-routes.ts';

export const handler = deleteScope('delete-default-thresholds', DEFAULT_OF);
