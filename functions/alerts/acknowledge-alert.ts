// Promise: whoever says that they have seen an alert stops its search and its sound for a time; said twice, or at once with another, it counts once.
import { commandRoute } from '../../shared/alert-desk/command-route.ts';

export const handler = commandRoute('acknowledge');
