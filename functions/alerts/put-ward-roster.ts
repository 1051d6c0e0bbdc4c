// Promise: a ward's roster is replaced whole, with who changed it and why; whoever is asked from then on is asked by it.
import { OF_WARD, putRosterOf } from '../../shared/alert-desk/roster-routes.ts';

export const handler = putRosterOf('put-ward-roster', OF_WARD);
