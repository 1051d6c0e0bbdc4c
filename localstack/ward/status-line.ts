import type { WardCounters } from './counters.ts';

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;

/** One line about the ward, what matters most first; parts that do not fit the width are left out. */
export function statusLine(counters: Readonly<WardCounters>, width = Number.POSITIVE_INFINITY): string {
  const { speed, beds, stored, redelivered, refused, pending, retrying, perKind } = counters;
  const parts = [
    `ward ${wardTime(counters.wardSecond)} x${speed}`,
    `${stored} stored`,
    `${redelivered} redelivered`,
    `${refused} refused`,
    retrying > 0 ? `${pending} waiting (${retrying} retrying)` : `${pending} waiting`,
    `${beds} beds`,
    `VT ${perKind.VT} SVTA ${perKind.SVTA} AVB ${perKind.AVB}`,
    `${counters.readings} readings`,
  ];
  return partsThatFit(parts, width);
}

/** As many of the parts, from the first on, as fit the width. */
export function partsThatFit(parts: readonly string[], width: number): string {
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line}, ${part}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line.slice(0, width);
}

/** `h:mm:ss` */
function wardTime(wardSecond: number): string {
  const whole = Math.floor(wardSecond);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor((whole % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
  return `${Math.floor(whole / SECONDS_PER_HOUR)}:${two(minutes)}:${two(whole % SECONDS_PER_MINUTE)}`;
}
