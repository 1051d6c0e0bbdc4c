import { KINDS, type NumericCode } from '../../../shared/vitals/kinds.ts';
import { useAnswer } from '../live/use-answer.ts';
import { useNow } from '../live/use-now.ts';
import type { BedState } from '../state/bed-state.ts';
import { signView, unitText } from '../state/sign-view.ts';
import { type Series, toChart } from '../state/vitals-series.ts';
import { Chart } from './chart.tsx';
import { useStation } from './station-context.ts';

/** Of the last hour, in means of 20 s: as many as a chart has pixels for. */
const RESOLUTION_S = 20;
/** A mean takes 20 s, and nobody waits for a point. */
const RENEW_MS = 20_000;

const SHOWN = [
  ['8867-4'],
  ['59408-5'],
  ['9279-1'],
  ['8480-6', '8462-4'],
  ['8310-5'],
] as const satisfies NumericCode[][];

export function BedCharts({ bed }: { bed: BedState }) {
  const { api } = useStation();
  const now = useNow();
  const turn = Math.floor(now / RENEW_MS);
  const path = `/patients/${encodeURIComponent(bed.patientId)}/vitals?kind=${SHOWN.flat().join(',')}&resolution=${RESOLUTION_S}`;
  const { body, problem } = useAnswer<{ series: readonly Series[] }>(api, path, turn);
  return (
    <section aria-label="The last hour" className="charts">
      {body === undefined && <p className="nothing">{problem ?? 'Asking for the last hour …'}</p>}
      {body !== undefined &&
        SHOWN.map((codes) => {
          const [code] = codes;
          const { low, high } = signView(bed, code, now);
          const name = codes.map((one) => KINDS[one].short).join(' and ');
          const data = toChart(body.series, codes);
          return <Chart key={code} title={`${name}, ${unitText(code)}`} data={data} low={low} high={high} />;
        })}
    </section>
  );
}
