import { memo } from 'react';
import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { useNow } from '../live/use-now.ts';
import { isSettled, statusNow } from '../state/alert-list.ts';
import { alertText, ownerText } from '../state/alert-words.ts';
import { hashOf } from '../state/routes.ts';
import { ageText, countdown, roleName } from '../state/words.ts';
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

const STATUS_WORDS: Readonly<Record<AlertItem['status'], string>> = {
  unheard: 'new',
  active: 'open',
  acknowledged: 'acknowledged',
  accepted: 'taken',
  silenced: 'silenced',
  inhibited: 'explained',
  resolved: 'over',
  closed: 'closed',
};

/** Its status, and how long until what comes next. */
export function Due({ alert, now, status }: { alert: AlertItem; now: number; status: AlertItem['status'] }) {
  const next = nextOf(alert, status);
  return (
    <span className="due">
      <span className="status">{STATUS_WORDS[status]}</span>
      {next !== undefined && (
        <span className="next" title={next.title}>
          <span className="hidden">{next.title} </span>
          <span aria-hidden="true">{next.sign}</span> {countdown(Date.parse(next.at), now)}
        </span>
      )}
    </span>
  );
}

function nextOf(alert: AlertItem, status: AlertItem['status']) {
  const { answerBy, acknowledgedUntil, silencedUntil, closeAt, asked } = alert;
  if (status === 'acknowledged' && acknowledgedUntil !== null)
    return { at: acknowledgedUntil, sign: '⟲', title: 'rings again in' };
  if (answerBy !== null) return { at: answerBy, sign: '⇑', title: `${roleName(asked.role)} asked; escalates in` };
  if (status === 'silenced' && silencedUntil !== null)
    return { at: silencedUntil, sign: '♪', title: 'sound returns in' };
  if (status === 'resolved' && closeAt !== null) return { at: closeAt, sign: '✓', title: 'leaves the list in' };
  return undefined;
}
