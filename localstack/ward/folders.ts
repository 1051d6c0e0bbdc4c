import { join } from 'node:path';

/** The recordings that come with the project. */
export const BUNDLED_RECORDINGS = join(import.meta.dirname, 'recordings');

/**
 * The folders to take recordings from: HEARTLINE_RECORDINGS (one or more, separated by commas),
 * else the bundled ones.
 */
export function recordingFolders(setting: string | undefined = process.env['HEARTLINE_RECORDINGS']): string[] {
  const folders = splitFolders(setting ?? '');
  return folders.length > 0 ? folders : [BUNDLED_RECORDINGS];
}

export function splitFolders(setting: string): string[] {
  return setting
    .split(',')
    .map((folder) => folder.trim())
    .filter((folder) => folder !== '');
}
