/** The key of pulses: no patient's, since a pulse has no topic and a patient's record has one. */
export const PULSE_KEY = 'pulse';

/** Says that it is now so late in its partition, where no device may speak. */
interface PulseMessage {
  /** ISO 8601, on the sender's clock; what counts is when the broker wrote it. */
  readonly pulse: string;
}

export const pulseMessage = (atMs: number): PulseMessage => ({ pulse: new Date(atMs).toISOString() });

/** Of parsed JSON. */
export const isPulseMessage = (value: unknown): value is PulseMessage =>
  typeof value === 'object' && value !== null && 'pulse' in value && typeof value.pulse === 'string';
