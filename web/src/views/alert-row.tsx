import { memo } from 'react';
import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { useNow } from '../live/use-now.ts';
import { isSettled, statusNow } from '../state/alert-list.ts';
import { alertText, ownerText } from '../state/alert-words.ts';
import { hashOf } from '../state/routes.ts';
import { ageText } from '../state/words.ts';
import { Due } from './due.tsx';
import { PriorityMark } from './priority-mark.tsx';
import { QuickCommands } from './quick-commands.tsx';
import { useStation } from './station-context.ts';

/** One alert of the list: what, where, since when, who has it, and until when somebody has to answer. */
export const AlertRow = memo(function AlertRow({ alert, isChosen = false }: { alert: AlertItem; isChosen?: boolean }) {
  const { ward } = useStation();
  const now = useNow();
  const { alertId, priority, bed, patientId, openedAt } = alert;
  const status = statusNow(alert, now);
  const isQuiet = status === 'acknowledged' || status === 'accepted' || isSettled(alert);
  return (
    <li className={`alert alert-${priority} status-${status} ${isChosen ? 'chosen' : ''}`} data-alert={alertId}>
      <a href={hashOf({ view: 'alert', ward, alertId })} aria-current={isChosen ? 'true' : undefined}>
        <PriorityMark priority={priority} isHollow={isQuiet} />
        <span className="alert-main">
          <span className="alert-what">
            <span className="hidden">{priority} priority, </span>
            <b className="bed-name">{bed}</b> {alertText(alert)}
          </span>
          <span className="alert-sub">
            <span className="patient">{patientId}</span>
            <span className="age">{ageText(now - Date.parse(openedAt))}</span>
            <span className="owner">{ownerText(alert)}</span>
          </span>
        </span>
        <Due alert={alert} now={now} status={status} />
      </a>
      <QuickCommands alert={alert} />
    </li>
  );
});
