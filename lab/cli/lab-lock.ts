import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../../localstack/lock-file.ts';
import { PermanentError } from '../../shared/errors.ts';

/**
 * The lab's own lock: an experiment beside another would disturb both.
 * @returns what gives it back. @throws PermanentError `lab_running`
 */
export function lockLab(home: string): () => void {
  const folder = join(home, 'lab');
  mkdirSync(folder, { recursive: true });
  const taken = takeLock(join(folder, 'lab.lock'));
  if (typeof taken === 'function') return taken;
  throw new PermanentError(
    'lab_running',
    `An experiment is running here already (process ${taken.heldBy}): one at a time, or they measure each other.`,
  );
}
