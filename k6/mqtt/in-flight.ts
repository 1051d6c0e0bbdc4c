// Packet ids and what waits for their acknowledgement (MQTT 5, sections 2.2.1 and 4.9). No clock and no socket of its own.

/** MQTT 5, 2.2.1: a packet id is two bytes and never 0. */
const LAST_PACKET_ID = 65_535;

/** Why a packet was not acknowledged: a stable word, and a sentence. */
export class MqttError extends Error {
  override readonly name = 'MqttError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting<Answer> {
  readonly deadlineMs: number;
  /** Sends it, once it has a packet id. */
  readonly send: (packetId: number) => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Packets under way, at most `limit` at once; the rest wait in line. An id whose packet timed out stays taken until its
 * acknowledgement does come, or the connection ends: the broker still holds it.
 */
export class InFlight<Answer> {
  private readonly limit: number;
  private readonly timeoutMs: number;
  private readonly underWay = new Map<number, Waiting<Answer> | undefined>();
  private line: Waiting<Answer>[] = [];
  private lastId = 0;

  constructor(limit: number, timeoutMs: number) {
    this.limit = Math.min(limit, LAST_PACKET_ID);
    this.timeoutMs = timeoutMs;
  }

  /** Sends now or when there is room. Rejects with `ack_timeout`, or with what `failAll` is given. */
  start(send: (packetId: number) => void, nowMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.line.push({ send, deadlineMs: nowMs + this.timeoutMs, resolve, reject });
      this.sendNext();
    });
  }

  /** The acknowledgement of a packet id. False when none is under way by that id. */
  settle(packetId: number, answer: Answer): boolean {
    const known = this.underWay.has(packetId);
    const waiting = this.underWay.get(packetId);
    this.underWay.delete(packetId);
    waiting?.resolve(answer);
    this.sendNext();
    return known;
  }

  /** Rejects what has waited for too long. All have the same limit, so the first in each order is the oldest. */
  expire(nowMs: number): void {
    for (const [packetId, waiting] of this.underWay) {
      if (waiting === undefined) continue;
      if (waiting.deadlineMs > nowMs) break;
      this.underWay.set(packetId, undefined);
      waiting.reject(new MqttError('ack_timeout', `no acknowledgement within ${this.timeoutMs} ms`));
    }
    const expired = this.line.findIndex(({ deadlineMs }) => deadlineMs > nowMs);
    for (const waiting of this.line.splice(0, expired < 0 ? this.line.length : expired))
      waiting.reject(new MqttError('not_sent', `${this.limit} packets stayed unacknowledged for ${this.timeoutMs} ms`));
  }

  /** The connection is gone: what is under way or in line will not be acknowledged on it. */
  failAll(error: Error): void {
    const all = [...this.underWay.values(), ...this.line];
    this.underWay.clear();
    this.line = [];
    for (const waiting of all) waiting?.reject(error);
  }

  private sendNext(): void {
    while (this.underWay.size < this.limit) {
      const next = this.line.shift();
      if (!next) return;
      const packetId = this.freeId();
      this.underWay.set(packetId, next);
      try {
        next.send(packetId);
      } catch (error) {
        this.underWay.delete(packetId);
        next.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  private freeId(): number {
    do this.lastId = (this.lastId % LAST_PACKET_ID) + 1;
    while (this.underWay.has(this.lastId));
    return this.lastId;
  }
}
