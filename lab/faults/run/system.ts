import type { FaultLink } from '../schedule/fault.ts';

/** A service that can be killed, and started again with the same data on the same ports. */
export interface Restartable {
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it serves again. */
  start(): Promise<void>;
}

/** What faults are done to. Whoever runs the faults hands it in. */
export interface System {
  readonly broker: Restartable;
  readonly database: Restartable;
  readonly links: {
    /** Connections of the link end after so many more bytes, new ones too. */
    cut(link: FaultLink, afterBytes: number): Promise<void>;
    slow(link: FaultLink, latencyMs: number, jitterMs: number): Promise<void>;
    clear(link: FaultLink): Promise<void>;
  };
  /** What happens to the devices' messages on their way to the broker. */
  readonly devices: {
    duplicate(rate: number): void;
    reorder(rate: number, packets: number): void;
    clear(): void;
  };
  readonly workers: {
    /** How many there are to be. */
    readonly replicas: number;
    /** Of those that run now. */
    pids(): readonly number[];
    /** Resolves when those that left have drained and those that came run. */
    scale(replicas: number): Promise<void>;
  };
}
