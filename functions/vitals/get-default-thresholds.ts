// Promise: the thresholds that are set for everybody, with their version.
import { DEFAULT_OF, getScope } from '../../shared/vitals/threshold-routes.ts';

export const handler = getScope('get-default-thresholds', DEFAULT_OF);
