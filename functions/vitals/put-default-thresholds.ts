// Promise: thresholds for everybody, checked against themselves, stored with who changed them and why, and followed within a second.
import { DEFAULT_OF, putScope } from '../../shared/vitals/threshold-routes.ts';

export const handler = putScope('put-default-thresholds', DEFAULT_OF);
