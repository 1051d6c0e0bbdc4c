import { z } from 'zod';

/** A circuit breaker of this process, as it is. */
export const circuitReading = z.strictObject({ name: z.string(), state: z.enum(['closed', 'open', 'half-open']) });
export type CircuitReading = z.infer<typeof circuitReading>;
export type CircuitState = CircuitReading['state'];

const circuits = new Map<string, () => CircuitState>();

/** Shows a circuit to whoever asks how this process is. One of the same name takes its place. */
export function showCircuit(name: string, state: () => CircuitState): void {
  circuits.set(name, state);
}

/** The circuits that something has gone through, or could have. */
export const circuitReadings = (): CircuitReading[] => [...circuits].map(([name, state]) => ({ name, state: state() }));
