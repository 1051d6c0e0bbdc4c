import { useCallback, useRef, useState } from 'react';
import { v4 } from 'uuid';
import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { type Intention, requestOf, type Spoken, spoken } from '../state/commands.ts';
import { useStation } from './station-context.ts';

type Meant = Omit<Intention, 'key' | 'alertId' | 'version'>;

function isSame(one: Intention | undefined, other: Omit<Intention, 'key'>): one is Intention {
  if (one === undefined) return false;
  const { key: _, ...meant } = one;
  return JSON.stringify(meant) === JSON.stringify(other);
}

/** Says something of an alert. What nobody has answered keeps its key, so that sent once more it still counts once. */
export function useCommand(alert: AlertItem) {
  const { api, store } = useStation();
  const [said, setSaid] = useState<Spoken>();
  const [isBusy, setBusy] = useState(false);
  const unanswered = useRef<Intention>(undefined);
  const { alertId, version } = alert;
  const say = useCallback(
    async ({ command, why, to }: Meant): Promise<Spoken> => {
      const meant = { command, alertId, version, why, ...(to === undefined ? {} : { to }) };
      const before = unanswered.current;
      const intention = isSame(before, meant) ? before : { key: v4(), ...meant };
      unanswered.current = intention;
      setBusy(true);
      const answer = await api.send<AlertItem>(requestOf(intention));
      const result = spoken(answer);
      if (result.is !== 'again') unanswered.current = undefined;
      if (answer.outcome === 'done') store.post({ type: 'answered', alert: answer.body });
      // What has changed is asked for at once: the snapshot that says so may be on its way still.
      if (answer.outcome === 'refused') {
        const now = await api.send<AlertItem>({ path: `/alerts/${alertId}` });
        if (now.outcome === 'done') store.post({ type: 'answered', alert: now.body });
      }
      setBusy(false);
      setSaid(result);
      return result;
    },
    [api, store, alertId, version],
  );
  return { say, said, isBusy };
}
