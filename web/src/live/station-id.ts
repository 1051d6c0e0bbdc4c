import { v4 } from 'uuid';

const KEY = 'heartline-station';

/** Of this window, for receipts; a reload keeps it. */
export function stationId(): string {
  const kept = sessionStorage.getItem(KEY);
  if (kept !== null) return kept;
  const id = v4();
  sessionStorage.setItem(KEY, id);
  return id;
}
