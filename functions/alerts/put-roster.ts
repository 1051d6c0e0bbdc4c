// Promise: the roster of every ward is replaced whole, with who changed it and why; whoever is asked from then on is asked by it.
import { OF_EVERY_WARD, putRosterOf } from '../../shared/alert-desk/roster-routes.ts';

export const handler = putRosterOf('put-roster', OF_EVERY_WARD);
