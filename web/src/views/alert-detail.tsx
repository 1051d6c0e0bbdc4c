import type { AlertStory } from '../../../shared/alert-desk/alert-story.ts';
import { nowMs } from '../live/clock.ts';
import { useAnswer } from '../live/use-answer.ts';
import { useNow } from '../live/use-now.ts';
import { statusNow } from '../state/alert-list.ts';
import { alertText, ownerText } from '../state/alert-words.ts';
import { hashOf } from '../state/routes.ts';
import { dayTime, roleName } from '../state/words.ts';
import { AlertHistory } from './alert-history.tsx';
import { CommandPanel } from './command-panel.tsx';
import { Due } from './due.tsx';
import { PriorityMark } from './priority-mark.tsx';
import { useStation, useWard } from './station-context.ts';

/** One alert with all that has happened to it, and all that may be said of it. */
export function AlertDetail({ alertId }: { alertId: string }) {
  const { ward, api } = useStation();
  const now = useNow();
  const live = useWard((state) => state.alerts?.find((alert) => alert.alertId === alertId));
  const { body, problem, isWaiting } = useAnswer<AlertStory>(
    api,
    `/alerts/${encodeURIComponent(alertId)}`,
    live?.version,
  );
  const alert = live ?? body;
  if (alert === undefined) {
    return (
      <section className="alert-detail" aria-label="Alert">
        <Back ward={ward} />
        <p className="nothing">{isWaiting ? 'Asking for the alert …' : (problem ?? 'There is no such alert.')}</p>
      </section>
    );
  }
  const status = statusNow(alert, now);
  const { priority, bed, patientId, category, asked, owner, onset, openedAt, deviceId } = alert;
  return (
    <section className={`alert-detail detail-${priority}`} aria-labelledby="alert-title">
      <Back ward={ward} />
      <header>
        <PriorityMark priority={priority} isHollow={status !== 'active' && status !== 'silenced'} />
        <h2 id="alert-title">
          <a href={hashOf({ view: 'bed', ward, bed })}>{bed}</a> {alertText(alert)}
        </h2>
        <Due alert={alert} now={now} status={status} />
      </header>
      <dl className="facts">
        <dt>Priority</dt>
        <dd>
          {priority}, {category}
        </dd>
        <dt>Patient</dt>
        <dd>{patientId}</dd>
        <dt>Began</dt>
        <dd>
          {dayTime(Date.parse(onset), nowMs())}, told {dayTime(Date.parse(openedAt), nowMs())}
        </dd>
        <dt>Asked</dt>
        <dd>
          {roleName(asked.role)}
          {asked.id !== null && `, ${asked.id}`}
        </dd>
        <dt>Has it</dt>
        <dd>{owner === null ? 'nobody' : `${owner.id}, ${roleName(owner.role)}`}</dd>
        <dt>Monitor</dt>
        <dd>{deviceId}</dd>
        <dt className="hidden">In short</dt>
        <dd className="hidden">{ownerText(alert)}</dd>
      </dl>
      <CommandPanel alert={alert} />
      <h3>What has happened</h3>
      {body === undefined ? (
        <p className="nothing">{problem ?? 'Asking for the history …'}</p>
      ) : (
        <AlertHistory story={body} />
      )}
    </section>
  );
}

/** On a phone the list is not beside it. */
function Back({ ward }: { ward: string }) {
  return (
    <a className="back" href={hashOf({ view: 'alerts', ward })}>
      All alerts
    </a>
  );
}
