import { execFileSync, spawnSync } from 'node:child_process';
import { PermanentError } from '../../shared/errors.ts';

/** How a program is run that refuses to run as root. */
export interface Unprivileged {
  /** Put before the program's own command line. */
  prefix: string[];
  /** The user to run it as and to give its files to, where a prefix is not enough. */
  uid?: number;
}

const NAMESPACE_USER_ID = '1000'; // any but 0; what it maps to outside is the caller

/**
 * For a user who is not root: nothing to do. For root on Linux: a user namespace in which root's own files belong to an ordinary
 * user, so nothing has to change hands and a folder closed to others (such as root's home) is no obstacle. Where namespaces are not
 * allowed (some containers): the system user `postgres` or `nobody`.
 */
export function asUnprivileged(program: string): Unprivileged {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const prefix = ['unshare', '--user', `--map-user=${NAMESPACE_USER_ID}`, `--map-group=${NAMESPACE_USER_ID}`, '--'];
  if (spawnSync(prefix[0] ?? '', [...prefix.slice(1), program, '--version']).status === 0) return { prefix };
  for (const user of ['postgres', 'nobody']) {
    const uid = userId(user);
    if (uid !== undefined && spawnSync(program, ['--version'], { uid, gid: uid }).status === 0)
      return { prefix: [], uid };
  }
  throw new PermanentError(
    'root_refused',
    `Postgres does not run as root, and no other user can run ${program}: user namespaces are not allowed here, and a folder on that path is closed to others.\n` +
      '  Run this command as an ordinary user, or from a folder that everybody may enter.',
  );
}

function userId(name: string): number | undefined {
  try {
    return Number(execFileSync('id', ['-u', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined; // no such user
  }
}
