import { terminalProgress } from '../../localstack/setup/progress.ts';
import { stopSignal } from '../../localstack/stack/stop-signal.ts';
import { config } from '../../shared/config.ts';
import { lockLab } from './lab-lock.ts';

/**
 * Runs an experiment that nobody else's runs beside, until it ends or is interrupted.
 * @param name of the experiment, for the line that says so
 * @returns undefined when it was interrupted
 */
export async function untilInterrupted<Outcome>(
  name: string,
  work: (signal: AbortSignal) => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const unlock = lockLab(config().home);
  const stop = stopSignal();
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    terminalProgress.note(name, 'interrupted: there is no verdict');
    return undefined;
  } finally {
    unlock();
  }
}
