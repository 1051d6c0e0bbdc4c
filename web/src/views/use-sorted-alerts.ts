import { useMemo } from 'react';
import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { byUrgency } from '../state/alert-list.ts';
import { useWard } from './station-context.ts';

/** Undefined: no snapshot has come yet. */
export function useSortedAlerts(): readonly AlertItem[] | undefined {
  const alerts = useWard((state) => state.alerts);
  return useMemo(() => alerts?.toSorted(byUrgency), [alerts]);
}
