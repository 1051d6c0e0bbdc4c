import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ARRHYTHMIA_FILE } from './arrhythmia-recording.ts';
import { recordingError } from './csv.ts';
import { NUMERICS_FILE } from './numerics-recording.ts';
import { reason } from './reason.ts';

export interface RecordingFile {
  /** The number in the file's name. */
  readonly id: string;
  readonly file: string;
}

export interface FoundRecordings {
  readonly arrhythmia: readonly RecordingFile[];
  readonly numerics: readonly RecordingFile[];
}

const SHAPE = 'annotations/Annotation_file_<number>.csv or bidmc_<number>_Numerics.csv';

/**
 * Lists the recordings in one or more folders, without reading them. Each folder has the shape of one of the two data sets, or is
 * the parent of one or both. In order of their numbers; of two files with one number the folder named first wins.
 * Throws `recording_unreadable` when a folder cannot be read or holds no recording.
 */
export async function findRecordings(folders: readonly string[]): Promise<FoundRecordings> {
  if (folders.length === 0) throw recordingError('recordings', 'no folder was given', 'Give at least one');
  const arrhythmia = new Map<string, RecordingFile>();
  const numerics = new Map<string, RecordingFile>();
  for (const folder of folders) {
    const found = await inDataSetOrParent(folder);
    for (const one of found.arrhythmia) if (!arrhythmia.has(one.id)) arrhythmia.set(one.id, one);
    for (const one of found.numerics) if (!numerics.has(one.id)) numerics.set(one.id, one);
  }
  return { arrhythmia: inOrder(arrhythmia.values()), numerics: inOrder(numerics.values()) };
}

async function inDataSetOrParent(folder: string): Promise<FoundRecordings> {
  const own = await inDataSet(folder);
  if (own.arrhythmia.length + own.numerics.length > 0) return own;
  const below = await Promise.all((await subfolders(folder)).map((name) => inDataSet(join(folder, name))));
  const found = { arrhythmia: below.flatMap((set) => set.arrhythmia), numerics: below.flatMap((set) => set.numerics) };
  if (found.arrhythmia.length + found.numerics.length > 0) return found;
  throw recordingError(
    folder,
    `there is no recording here: looked for ${SHAPE}, here and one folder down`,
    'Give the folder of a data set',
  );
}

async function inDataSet(folder: string): Promise<FoundRecordings> {
  const names = await entries(folder);
  const annotations = names.includes('annotations') ? join(folder, 'annotations') : undefined;
  return {
    arrhythmia: annotations ? matching(annotations, await entries(annotations), ARRHYTHMIA_FILE) : [],
    numerics: matching(folder, names, NUMERICS_FILE),
  };
}

function matching(folder: string, names: readonly string[], pattern: RegExp): RecordingFile[] {
  return names.flatMap((name) => {
    const id = pattern.exec(name)?.[1];
    return id === undefined ? [] : [{ id, file: join(folder, name) }];
  });
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const remedy = 'Check the path given as recordings, and that it may be read';
    throw recordingError(folder, `the folder cannot be read (${reason(error)})`, remedy, error);
  }
}

async function subfolders(folder: string): Promise<string[]> {
  const below = await readdir(folder, { withFileTypes: true });
  return below.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
}

function inOrder(files: Iterable<RecordingFile>): RecordingFile[] {
  return [...files].sort((a, b) => Number(a.id) - Number(b.id));
}
