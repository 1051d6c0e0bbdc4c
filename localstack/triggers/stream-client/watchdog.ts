/** What a watchdog looks at and does. */
interface Watched {
  readonly heartbeatMs: number;
  lastReceivedMs(): number;
  sendHeartbeat(): void;
  onSilent(silentMs: number): void;
}

/** A peer that sends nothing for two heartbeats is gone. Source: RabbitMQ, "Detecting dead TCP connections with heartbeats". */
const HEARTBEATS_MISSED_MAX = 2;
/** Looks this often a heartbeat, so that silence is noticed within 2.5 heartbeats. */
const LOOKS_PER_HEARTBEAT = 2;

/** Sends heartbeats and notices their absence. @returns what stops it */
export function startWatchdog({ heartbeatMs, lastReceivedMs, sendHeartbeat, onSilent }: Watched): () => void {
  let looks = 0;
  let recheck: NodeJS.Immediate | undefined;
  const silentMs = () => performance.now() - lastReceivedMs();
  const isSilent = () => silentMs() > heartbeatMs * HEARTBEATS_MISSED_MAX;
  const timer = setInterval(() => {
    looks += 1;
    if (looks % LOOKS_PER_HEARTBEAT === 0) sendHeartbeat();
    if (!isSilent()) return;
    // A busy event loop runs a late timer before it reads the socket: what waits there gets its turn first.
    recheck = setImmediate(() => {
      if (isSilent()) onSilent(Math.round(silentMs()));
    });
  }, heartbeatMs / LOOKS_PER_HEARTBEAT);
  return () => {
    clearInterval(timer);
    clearImmediate(recheck);
  };
}
