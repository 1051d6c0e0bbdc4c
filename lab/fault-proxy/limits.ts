/** Bounds of the proxy's memory. */
export interface Limits {
  /** A packet above this passes whole without being looked at, but for its topic alias. */
  readonly examinedBytes: number;
  /** Of one direction of a connection, waiting for a delay: above it no more is read from the sender. */
  readonly waitingBytes: number;
  /** Topics behind the aliases of one direction of a connection: above it the connection is cut. */
  readonly aliasBytes: number;
  /** Copies of one direction of a connection that wait for an acknowledgement. */
  readonly lateCopies: number;
  /** Identities whose occurrences each toxic remembers. */
  readonly identities: number;
  /** Hits listed in the journal. */
  readonly hits: number;
}

const KIB = 1_024;
const MIB = KIB * KIB;

export const DEFAULT_LIMITS: Limits = {
  examinedBytes: MIB,
  waitingBytes: 8 * MIB,
  aliasBytes: 4 * MIB,
  lateCopies: 1_000,
  identities: 100_000,
  hits: 100_000,
};
