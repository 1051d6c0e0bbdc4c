import { KINDS, NUMERIC_CODES } from '../../../shared/vitals/kinds.ts';
import { useNow } from '../live/use-now.ts';
import { hashOf } from '../state/routes.ts';
import { signView, unitText } from '../state/sign-view.ts';
import { ageText } from '../state/words.ts';
import { AlertRow } from './alert-row.tsx';
import { BedCharts } from './bed-charts.tsx';
import { useStation, useWard } from './station-context.ts';
import { useSortedAlerts } from './use-sorted-alerts.ts';

const MS_PER_S = 1_000;

/** One bed: every sign with its limits and how old it is, the last hour, and what is open. */
export function BedPage({ bed: name }: { bed: string }) {
  const { ward } = useStation();
  const bed = useWard((state) => state.beds.get(name));
  const alerts = useSortedAlerts()?.filter((alert) => alert.bed === name) ?? [];
  const now = useNow();
  return (
    <div className="page bed-page">
      <a className="back" href={hashOf({ view: 'wall', ward })}>
        All beds
      </a>
      <h1>
        Bed {name} <span className="dim">{bed?.patientId}</span>
      </h1>
      {bed === undefined ? (
        <p className="nothing">Nothing has been heard of this bed yet.</p>
      ) : (
        <div className="bed-parts">
          <section aria-label="Now">
            <table className="now">
              <thead>
                <tr>
                  <th scope="col">Sign</th>
                  <th scope="col">Value</th>
                  <th scope="col">Limits</th>
                  <th scope="col">Age</th>
                </tr>
              </thead>
              <tbody>
                {NUMERIC_CODES.map((code) => {
                  const { text, reason, ageS, low, high, beyond } = signView(bed, code, now);
                  return (
                    <tr key={code} className={beyond && 'beyond'}>
                      <th scope="row">{KINDS[code].name}</th>
                      <td>
                        <b>{text}</b> {unitText(code)} {beyond && <em>{beyond === 'low' ? '▼ low' : '▲ high'}</em>}
                        {reason !== undefined && <span className="reason">{reason}</span>}
                      </td>
                      <td>
                        {low ?? '–'} to {high ?? '–'}
                      </td>
                      <td>{ageS === undefined ? '–' : ageText(ageS * MS_PER_S)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
            <h2>Open alerts</h2>
            {alerts.length === 0 && <p className="nothing">None.</p>}
            <ol className="bed-alerts">
              {alerts.map((alert) => (
                <AlertRow key={alert.alertId} alert={alert} />
              ))}
            </ol>
          </section>
          <BedCharts bed={bed} />
        </div>
      )}
    </div>
  );
}
