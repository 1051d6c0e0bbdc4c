const PER_CENT = 100;
const S_PER_MIN = 60;

/** `–` where there is nothing to count. */
const NONE = '–';

export const share = (value: number | null): string => (value === null ? NONE : `${Math.round(value * PER_CENT)} %`);

export const oneDecimal = (value: number | null): string => (value === null ? NONE : value.toFixed(1));

/** Of a time to answer: seconds are told apart where there are few. */
export function duration(seconds: number | null): string {
  if (seconds === null) return NONE;
  if (seconds < S_PER_MIN) return `${Math.round(seconds)} s`;
  const rest = Math.round(seconds % S_PER_MIN);
  return `${Math.floor(seconds / S_PER_MIN)} min${rest === 0 ? '' : ` ${rest} s`}`;
}
