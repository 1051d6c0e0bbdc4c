// Promise: a pause of sound ends by itself, and stops the search for nobody.
import { commandRoute } from '../../shared/alert-desk/command-route.ts';

export const handler = commandRoute('silence');
