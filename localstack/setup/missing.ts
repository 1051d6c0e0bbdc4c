import { PermanentError } from '../../shared/errors.ts';

/** How a person gets what the set-up could not: one exact command for each platform. */
export interface Remedy {
  debian: string;
  macos: string;
  docker: string;
}

/**
 * One error for anything that could not be obtained: what is missing, why each way failed, and the exact commands.
 * @param what for example `RabbitMQ ≥ 4`
 * @param tried one line a way that was tried, with what it said
 */
export function missing(what: string, tried: string[], remedy: Remedy): PermanentError {
  const lines = [
    `${what} is missing and could not be obtained.`,
    ...tried.map((way) => `  tried: ${way}`),
    '  Get it by one of these, then run the same command again:',
    `    Debian/Ubuntu  ${remedy.debian}`,
    `    macOS          ${remedy.macos}`,
    `    Docker         ${remedy.docker}`,
  ];
  return new PermanentError('setup_missing', lines.join('\n'));
}
