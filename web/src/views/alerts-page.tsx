import { AlertDetail } from './alert-detail.tsx';
import { AlertRow } from './alert-row.tsx';
import { useSortedAlerts } from './use-sorted-alerts.ts';

/** The list with all commands; beside it, or on a phone instead of it, the one that is looked at. */
export function AlertsPage({ alertId }: { alertId: string | undefined }) {
  const alerts = useSortedAlerts();
  return (
    <div className={`alerts-page ${alertId === undefined ? '' : 'has-detail'}`}>
      <section aria-labelledby="alerts-title" className="alert-list">
        <h1 id="alerts-title">Alerts</h1>
        {alerts === undefined && <p className="nothing">Waiting for the alert service.</p>}
        {alerts?.length === 0 && <p className="nothing">No open alert.</p>}
        <ol>
          {alerts?.map((alert) => (
            <AlertRow key={alert.alertId} alert={alert} isChosen={alert.alertId === alertId} />
          ))}
        </ol>
      </section>
      {alertId !== undefined && <AlertDetail key={alertId} alertId={alertId} />}
    </div>
  );
}
