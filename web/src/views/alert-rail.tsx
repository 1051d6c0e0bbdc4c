import { hashOf } from '../state/routes.ts';
import { AlertRow } from './alert-row.tsx';
import { useStation } from './station-context.ts';
import { useSortedAlerts } from './use-sorted-alerts.ts';

/** More would not be seen on a wall; all are in the view of alerts. */
const SHOWN_MAX = 30;

export function AlertRail() {
  const { ward } = useStation();
  const alerts = useSortedAlerts();
  return (
    <aside className="rail" aria-labelledby="rail-title">
      <h2 id="rail-title">Alerts</h2>
      {alerts === undefined && <p className="nothing">Waiting for the alert service.</p>}
      {alerts?.length === 0 && <p className="nothing">No open alert.</p>}
      <ol>
        {alerts?.slice(0, SHOWN_MAX).map((alert) => (
          <AlertRow key={alert.alertId} alert={alert} />
        ))}
      </ol>
      {alerts !== undefined && alerts.length > SHOWN_MAX && (
        <a href={hashOf({ view: 'alerts', ward })}>{alerts.length - SHOWN_MAX} more</a>
      )}
    </aside>
  );
}
