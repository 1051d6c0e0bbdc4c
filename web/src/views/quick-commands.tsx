import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { useNow } from '../live/use-now.ts';
import { ringsNow } from '../state/alert-list.ts';
import { COMMAND_FORMS, offered } from '../state/commands.ts';
import { useStation } from './station-context.ts';
import { useCommand } from './use-command.ts';

/** Without a detour: acknowledging, and taking it, which need no reason. */
export function QuickCommands({ alert }: { alert: AlertItem }) {
  const { session } = useStation();
  const now = useNow();
  const { say, said, isBusy } = useCommand(alert);
  const isOver = alert.phase === 'resolved';
  const shown = offered(session.role, alert).filter(
    (command) =>
      (command === 'acknowledge' && (isOver || ringsNow(alert, now))) ||
      (command === 'accept' && alert.owner === null && !isOver),
  );
  const isNoteworthy = said !== undefined && said.is !== 'done';
  if (shown.length === 0 && !isNoteworthy) return null;
  return (
    <span className="quick">
      {shown.map((command) => (
        <button
          key={command}
          type="button"
          aria-disabled={isBusy}
          onClick={() => {
            if (!isBusy) say({ command, why: '' });
          }}
        >
          {COMMAND_FORMS[command].label}
          <span className="hidden"> the alert of bed {alert.bed}</span>
        </button>
      ))}
      <span role="status" className="said">
        {isNoteworthy && said.text}
      </span>
    </span>
  );
}
