// Promise: who is on duty for every ward, as it was last put, and by whom.
import { getRoster, OF_EVERY_WARD } from '../../shared/alert-desk/roster-routes.ts';

export const handler = getRoster('get-roster', OF_EVERY_WARD);
