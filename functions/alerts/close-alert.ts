// Promise: an alert that is taken off the list rings again when it becomes worse, and who took it off, when and why is kept.
import { commandRoute } from '../../shared/alert-desk/command-route.ts';

export const handler = commandRoute('close');
