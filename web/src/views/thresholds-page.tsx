import { useMemo, useState } from 'react';
import { DEFAULT_THRESHOLDS, effective, thresholdsSchema } from '../../../shared/vitals/thresholds.ts';
import { useAnswer } from '../live/use-answer.ts';
import { useStation, useWard } from './station-context.ts';
import { ThresholdEditor } from './threshold-editor.tsx';

interface Stored {
  readonly version: number;
  readonly thresholds: unknown;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly reason: string;
}

/** Of a scope that says nothing there is no document, and the next wider one holds. */
const read = (body: Stored | undefined) => thresholdsSchema.safeParse(body?.thresholds).data;

/** What the ward, or one of its patients, is alerted on. */
export function ThresholdsPage() {
  const { ward, api } = useStation();
  const beds = useWard((state) => state.beds);
  const [patientId, setPatientId] = useState('');
  const path = patientId === '' ? `/thresholds/wards/${ward}` : `/thresholds/patients/${encodeURIComponent(patientId)}`;
  const own = useAnswer<Stored>(api, path);
  const wide = useAnswer<Stored>(api, '/thresholds/default');
  const ofWard = useAnswer<Stored>(api, `/thresholds/wards/${ward}`);
  const held = useMemo(() => {
    const wider = patientId === '' ? [read(wide.body)] : [read(wide.body), read(ofWard.body)];
    return effective([DEFAULT_THRESHOLDS, ...wider.filter((one) => one !== undefined)]).limits;
  }, [patientId, wide.body, ofWard.body]);
  const [said, setSaid] = useState('');
  const patients = [...beds.values()].sort((one, other) => one.bed.localeCompare(other.bed, 'en', { numeric: true }));
  return (
    <div className="page">
      <h1>Alert limits</h1>
      <p className="controls">
        <label>
          For{' '}
          <select
            value={patientId}
            onChange={({ target }) => {
              setPatientId(target.value);
              setSaid('');
            }}
          >
            <option value="">the whole ward {ward}</option>
            {patients.map((bed) => (
              <option key={bed.bed} value={bed.patientId}>
                {bed.bed}: {bed.patientId}
              </option>
            ))}
          </select>
        </label>
        <span className="dim">
          What is not set here is the {patientId === '' ? 'hospital’s' : 'ward’s'}. A change holds within a second.
        </span>
      </p>
      {own.isWaiting ? (
        <p className="nothing">Asking for the limits …</p>
      ) : (
        <ThresholdEditor
          key={`${path} ${own.body?.version ?? 0}`}
          path={path}
          stored={read(own.body)}
          version={own.body?.version}
          lastChange={own.body}
          held={held}
          onSaid={setSaid}
          onPut={() => {
            own.ask();
            ofWard.ask();
          }}
        />
      )}
      <p role="status">{said}</p>
    </div>
  );
}
