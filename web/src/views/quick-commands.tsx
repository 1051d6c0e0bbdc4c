import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';

export function QuickCommands(_: { alert: AlertItem }) {
  return null;
}
