// Promise: the next role is asked now, not when the time is over.
import { commandRoute } from '../../shared/alert-desk/command-route.ts';

export const handler = commandRoute('escalate');
