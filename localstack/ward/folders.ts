import { join } from 'node:path';

/** The recordings that come with the project. */
export const BUNDLED_RECORDINGS = join(import.meta.dirname, 'recordings');

/** The folders to take recordings from: those of the setting HEARTLINE_RECORDINGS, else the bundled ones. */
export function recordingFolders(setting: readonly string[]): readonly string[] {
  return setting.length > 0 ? setting : [BUNDLED_RECORDINGS];
}

export function splitFolders(text: string): string[] {
  return text
    .split(',')
    .map((folder) => folder.trim())
    .filter((folder) => folder !== '');
}
