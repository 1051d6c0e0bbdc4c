import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { isSettled } from '../state/alert-list.ts';
import { PriorityMark } from './priority-mark.tsx';
import { useWard } from './station-context.ts';

const PRIORITIES = ['high', 'medium', 'low'] as const satisfies AlertItem['priority'][];

/** How many alerts go on, by priority. */
export function Tally() {
  const alerts = useWard((state) => state.alerts);
  const open = (alerts ?? []).filter((alert) => !isSettled(alert));
  return (
    <ul className="tally" aria-label="Open alerts">
      {PRIORITIES.map((priority) => {
        const count = open.filter((alert) => alert.priority === priority).length;
        return (
          <li key={priority} className={count === 0 ? 'none' : undefined}>
            <PriorityMark priority={priority} />
            <span className="count">{count}</span>
            <span className="hidden">{priority} priority</span>
          </li>
        );
      })}
    </ul>
  );
}
