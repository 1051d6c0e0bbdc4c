// Promise: who is on duty in a ward, as it was last put, and by whom.
import { getRoster, OF_WARD } from '../../shared/alert-desk/roster-routes.ts';

export const handler = getRoster('get-ward-roster', OF_WARD);
