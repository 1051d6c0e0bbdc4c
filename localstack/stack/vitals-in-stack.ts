import type { Config } from '../../shared/config.ts';
import { createLeads } from '../vitals-ward/leads.ts';
import { followLeads } from '../vitals-ward/leads-file.ts';
import { readWardRecordings } from '../vitals-ward/read-recordings.ts';
import type { VitalsCounters } from '../vitals-ward/vitals-counters.ts';
import { createVitalsWard } from '../vitals-ward/vitals-ward.ts';
import { wardLogin } from '../vitals-ward/ward-login.ts';
import type { FoundRecordings } from '../ward/find-recordings.ts';

export interface StackVitals {
  counters(): VitalsCounters;
  /** Rejects when the ward could not go on. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

export interface StackVitalsOptions {
  mqttUrl: string;
  access: Config['access'];
  recordings: FoundRecordings;
  beds: number;
  /** Whose `ward/leads.json` says which electrodes are off (npm run leads). */
  home: string;
  onFault: (fault: string) => void;
}

/** Vital signs of the beds that `npm start` plays, at the wall clock's speed whatever the other ward's is. */
export async function startVitals({
  mqttUrl,
  access,
  recordings,
  beds,
  home,
  onFault,
}: StackVitalsOptions): Promise<StackVitals> {
  const stop = new AbortController();
  const ward = createVitalsWard({
    recordings: await readWardRecordings(recordings, beds),
    url: mqttUrl,
    logIn: wardLogin(mqttUrl, access),
    beds,
    leads: createLeads(followLeads(home, onFault)),
    signal: stop.signal,
  });
  const ended = ward.run().then(() => undefined);
  return {
    counters: () => ward.counters(),
    ended,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}
