// Promise: whoever cannot take an alert is told of it no more, and the next role is asked at once.
import { commandRoute } from '../../shared/alert-desk/command-route.ts';

export const handler = commandRoute('reject');
