// Promise: an alert goes to whom it is sent, and to nobody else.
import { commandRoute } from '../../shared/alert-desk/command-route.ts';

export const handler = commandRoute('reroute');
