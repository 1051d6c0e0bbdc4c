const MS_PER_S = 1_000;
const S_PER_MIN = 60;
const MIN_PER_H = 60;
const H_PER_DAY = 24;
const TWO_DIGITS = 2;

const padded = (value: number) => String(value).padStart(TWO_DIGITS, '0');

/** Of the place where the station stands. */
export function clockTime(atMs: number): string {
  const at = new Date(atMs);
  return `${padded(at.getHours())}:${padded(at.getMinutes())}:${padded(at.getSeconds())}`;
}

/** With the day, where it is not today. */
export function dayTime(atMs: number, nowMs: number): string {
  const day = new Date(atMs).toDateString();
  if (day === new Date(nowMs).toDateString()) return clockTime(atMs);
  return `${day.split(' ').slice(1, 3).toReversed().join(' ')} ${clockTime(atMs)}`;
}

/** `12 s`, `4 min`, `2 h 05`, `3 d`: as short as a glance needs. */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / MS_PER_S));
  if (seconds < S_PER_MIN) return `${seconds} s`;
  const minutes = Math.floor(seconds / S_PER_MIN);
  if (minutes < MIN_PER_H) return `${minutes} min`;
  const hours = Math.floor(minutes / MIN_PER_H);
  return hours < H_PER_DAY ? `${hours} h ${padded(minutes % MIN_PER_H)}` : `${Math.floor(hours / H_PER_DAY)} d`;
}

/** `2:05` until then; `0:00` once it is over. */
export function countdown(untilMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((untilMs - nowMs) / MS_PER_S));
  return `${Math.floor(seconds / S_PER_MIN)}:${padded(seconds % S_PER_MIN)}`;
}

const ROLE_NAMES: Readonly<Record<string, string>> = { 'charge-nurse': 'charge nurse', admin: 'administrator' };
export const roleName = (role: string): string => ROLE_NAMES[role] ?? role;
