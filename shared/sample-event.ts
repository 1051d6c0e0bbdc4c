import { readFileSync } from 'node:fs';

/**
 * A function's sample event with the time in it: `{{today}}` as 2026-01-31, `{{yyyymmdd}}` as 20260131, `{{now}}` as an instant
 * (all UTC). An alert's time is checked against the clock, so a sample with a fixed one would be refused a month later;
 * with the day in its eventId it is the same event all day, and sending it twice shows a redelivery.
 */
export function readSampleEvent(path: string, now: Date = new Date()): unknown {
  const instant = now.toISOString();
  const today = instant.slice(0, 'yyyy-mm-dd'.length);
  const text = readFileSync(path, 'utf8')
    .replaceAll('{{now}}', instant)
    .replaceAll('{{today}}', today)
    .replaceAll('{{yyyymmdd}}', today.replaceAll('-', ''));
  return JSON.parse(text);
}
