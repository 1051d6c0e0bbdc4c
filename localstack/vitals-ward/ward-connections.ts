import type { AckJournal } from './ack-journal.ts';
import type { WardPatient } from './patients.ts';
import { createMeter, type VitalsCounters } from './vitals-counters.ts';
import { openWardConnection, type WardConnection, type WardLogin } from './ward-connection.ts';

/** Two and a half seconds of a ward of 20 beds: a slow broker is given no more at once. */
const MOST_IN_FLIGHT = 100;

export interface WardConnectionsOptions {
  readonly url: string;
  readonly logIn: WardLogin | undefined;
  readonly patients: readonly WardPatient[];
  /** Of a ward, for each of its beds: what is kept without a connection. */
  readonly keptPerBed: number;
  readonly journal: AckJournal | undefined;
  readonly onDown: (ward: string, why: string) => void;
  readonly onUp: (ward: string) => void;
  /** Of a clock that does not go back. */
  readonly nowMs: () => number;
}

/** All wards' connections, and what went over them. */
export interface WardConnections {
  /** @param readings how many there are in the payload */
  send(patient: WardPatient, payload: string, readings: number): void;
  unacknowledged(): number;
  counts(): Omit<VitalsCounters, 'beds' | 'lateTicks'>;
  close(): Promise<void>;
}

export function openWardConnections(options: WardConnectionsOptions): WardConnections {
  const { url, logIn, patients, keptPerBed, journal, onDown, onUp, nowMs } = options;
  const meter = createMeter(nowMs);
  const counts = { sent: 0, sentAgain: 0, acknowledged: 0, readings: 0 };
  const connections = new Map<string, WardConnection>();
  for (const [ward, inWard] of Map.groupBy(patients, (patient) => patient.ward)) {
    const connection = openWardConnection({
      url,
      logIn,
      ward,
      limits: { mostKept: MOST_IN_FLIGHT + Math.ceil(inWard.length * keptPerBed), mostInFlight: MOST_IN_FLIGHT },
      onSent(message, again) {
        counts[again ? 'sentAgain' : 'sent'] += 1;
        if (again) return;
        counts.readings += message.readings;
        meter.add(message.readings);
      },
      onAcknowledged(message) {
        counts.acknowledged += 1;
        journal?.acknowledged(message, Date.now());
      },
      onDown: (why) => onDown(ward, why),
      onUp: () => onUp(ward),
    });
    connections.set(ward, connection);
  }
  const sum = (of: (connection: WardConnection) => number) =>
    [...connections.values()].reduce((total, connection) => total + of(connection), 0);
  const unacknowledged = () => sum(({ outbox }) => outbox.waiting + outbox.inFlight);
  return {
    send: ({ ward, topic }, payload, readings) => connections.get(ward)?.send({ topic, payload, readings }),
    unacknowledged,
    counts: () => ({
      ...counts,
      wards: connections.size,
      connected: sum(({ isUp }) => (isUp ? 1 : 0)),
      readingsPerS: meter.perSecond(),
      unacknowledged: unacknowledged(),
      dropped: sum(({ outbox }) => outbox.dropped),
    }),
    async close() {
      await Promise.all([...connections.values()].map((connection) => connection.close()));
    },
  };
}
