/** One way to learn that this process should end: Ctrl-C, SIGTERM, or the process that started it is gone. */
export interface StopSignal {
  /** Resolves (with nothing) when the end is asked for. */
  requested: Promise<undefined>;
  signal: AbortSignal;
  /** Asks for the end from inside. */
  now(): void;
}

export function stopSignal(): StopSignal {
  const controller = new AbortController();
  const now = () => controller.abort();
  const requested = new Promise<undefined>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, now);
  // The set-up step keeps a channel open for as long as it lives; killed, it cannot pass on a signal.
  process.on('disconnect', now);
  process.channel?.unref();
  return { requested, signal: controller.signal, now };
}
