// Promise: an alert has one owner at a time, and goes on ringing until it is seen to.
import { commandRoute } from '../../shared/alert-desk/command-route.ts';

export const handler = commandRoute('accept');
