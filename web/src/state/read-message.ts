import { z } from 'zod';
import { wardSnapshot } from '../../../shared/alert-desk/alert-item.ts';
import { instantMs } from '../../../shared/vitals/reading-value.ts';
import { isVitalsMessage } from '../../../shared/vitals/vitals-form.ts';
import type { WardMessage } from './ward-state.ts';

// Schemas are interpreted: the page's policy forbids to make code of text.
z.config({ jitless: true });

/** As it is published (shared/alert-delivery/push-heartbeat.ts). */
const heartbeat = z.looseObject({ at: z.string(), lagMs: z.number().min(0).default(0) });

/** As it came by MQTT; `atMs` by our clock. */
export interface Publication {
  readonly topic: string;
  readonly text: string;
  readonly atMs: number;
  readonly isRetained: boolean;
}

/** What it tells of the ward; undefined: nothing that can be read. It is told by devices, so nothing of it is believed unseen. */
export function readMessage({ topic, text, atMs, isRetained }: Publication): WardMessage | undefined {
  const [root, , ...levels] = topic.split('/');
  const body = parsed(text);
  if (root === 'hl') {
    const [bed, patientId, kind] = levels;
    // Who speaks is what the broker has let them be: the topic's bed and patient, or nobody.
    if (kind !== 'vitals' || !isVitalsMessage(body) || body.bed !== bed || body.patientId !== patientId)
      return undefined;
    return { type: 'vitals', message: body, arrivedMs: atMs };
  }
  if (levels[0] === 'alerts') {
    const snapshot = wardSnapshot.safeParse(body).data;
    return snapshot && { type: 'snapshot', snapshot };
  }
  if (levels[0] === 'heartbeat') {
    const said = heartbeat.safeParse(body).data;
    const saidMs = instantMs(said?.at ?? '');
    if (said === undefined || Number.isNaN(saidMs)) return undefined;
    // One that comes now says that the way is open now, for what set out so long ago; a retained one, until when it was.
    return { type: 'heartbeat', atMs: (isRetained ? Math.min(saidMs, atMs) : atMs) - said.lagMs };
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not ours
  }
}
