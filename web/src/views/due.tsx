import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { countdown, roleName } from '../state/words.ts';

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
