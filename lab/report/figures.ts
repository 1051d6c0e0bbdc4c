/** Shown where nothing was measured. */
const NOTHING_MEASURED = '—';

/** The unit of a value between 0 and 1 that is shown in per cent; `%` is for values that are per cent already. */
const SHARE_UNIT = 'share';
const PER_CENT = 100;

/** From here on a figure is a whole number: `1,234`. */
const WHOLE_FROM = 1000;
const ONE_DECIMAL_FROM = 10;
const TWO_DECIMALS_FROM = 1;
/** Below one: `0.042`. */
const SMALL_SIGNIFICANT_DIGITS = 2;
/** Smaller than this is written as `< 0.001`: the digits behind say nothing in a table. */
const SMALLEST_SHOWN = 0.001;
/** From here on digits are no help any more: `1.23e+15`. */
const EXPONENT_FROM = 1e15;
const EXPONENT_DIGITS = 2;

const decimals = (digits: number) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits });
const WHOLE = decimals(0);
const ONE_DECIMAL = decimals(1);
const TWO_DECIMALS = decimals(2);
const SMALL = new Intl.NumberFormat('en-US', { maximumSignificantDigits: SMALL_SIGNIFICANT_DIGITS });

/** A number as a reader wants it: `1,234`, `842.3`, `12.3`, `4.2`, `0.042`; whole numbers keep all their digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return NOTHING_MEASURED;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= EXPONENT_FROM) return value.toExponential(EXPONENT_DIGITS).replace('-', '−');
  if (size < SMALLEST_SHOWN) return value < 0 ? `> −${SMALLEST_SHOWN}` : `< ${SMALLEST_SHOWN}`;
  return formatOf(size).format(value).replace('-', '−');
}

function formatOf(size: number): Intl.NumberFormat {
  if (size >= WHOLE_FROM) return WHOLE;
  if (size >= ONE_DECIMAL_FROM) return ONE_DECIMAL;
  if (size >= TWO_DECIMALS_FROM) return TWO_DECIMALS;
  return SMALL;
}

/**
 * A figure with its unit: `12.3 ms`, `4.2 %`, `60 /s`. The unit `share` is a value from 0 to 1, shown in per cent.
 * What was not measured (undefined, NaN, infinite) is `—`.
 */
export function formatFigure(value: number | null | undefined, unit: string): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return NOTHING_MEASURED;
  if (unit === SHARE_UNIT) return `${formatNumber(value * PER_CENT)} %`;
  return unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

/** A figure of a column or row whose head names the unit: `12.3`; only per cent keep their sign. */
export function bareFigure(value: number | null | undefined, unit: string): string {
  return formatFigure(value, unit === SHARE_UNIT ? unit : '');
}

/** The unit as an axis or a heading shows it. */
export function unitLabel(unit: string): string {
  return unit === SHARE_UNIT ? '%' : unit;
}

/** A value as its axis shows it, in `unitLabel`'s unit. */
export function inAxisUnit(value: number, unit: string): number {
  return unit === SHARE_UNIT ? value * PER_CENT : value;
}

/** `1 alert`, `1,204 alerts`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}

/** A share of the whole in per cent; `—` of nothing. */
export function shareOf(part: number, whole: number): string {
  return whole > 0 ? formatFigure(part / whole, SHARE_UNIT) : NOTHING_MEASURED;
}

const MS_PER_S = 1000;
const S_PER_MIN = 60;

/** A length of time from milliseconds: `80 ms`, `5 s`, `1.5 s`, `2 min`. */
export function formatMs(ms: number): string {
  if (ms < MS_PER_S) return `${formatNumber(ms)} ms`;
  const seconds = ms / MS_PER_S;
  return seconds >= S_PER_MIN && seconds % S_PER_MIN === 0
    ? `${formatNumber(seconds / S_PER_MIN)} min`
    : `${formatNumber(seconds)} s`;
}
