import type { NumericCode } from '../../../shared/vitals/kinds.ts';

/** A kind's last hour as the server tells it (GET /patients/{patientId}/vitals with a resolution). */
export interface Series {
  readonly code: string;
  readonly points: readonly { readonly at: string; readonly mean?: number }[];
}

/** Seconds since 1970, then for each kind a value for each of them; null: none. */
export type ChartData = readonly [seconds: readonly number[], ...values: readonly (readonly (number | null)[])[]];

const MS_PER_S = 1_000;

export function toChart(series: readonly Series[], codes: readonly NumericCode[]): ChartData {
  const means = codes.map((code) => {
    const points = series.find((one) => one.code === code)?.points ?? [];
    return new Map(points.map(({ at, mean }) => [Date.parse(at) / MS_PER_S, mean]));
  });
  const seconds = [...new Set(means.flatMap((one) => [...one.keys()]))].sort((one, other) => one - other);
  return [seconds, ...means.map((one) => seconds.map((second) => one.get(second) ?? null))];
}
