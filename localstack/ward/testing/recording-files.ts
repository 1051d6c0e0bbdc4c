import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type FoundRecordings, findRecordings } from '../find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../folders.ts';

/** Files of a test, gone with it: `await using folder = await temporaryFolder()`. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<string>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'heartline-ward-'));
  return {
    path,
    async write(name, content) {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

export function annotationFile(id: number): string {
  return join(BUNDLED_RECORDINGS, 'vitaldb-arrhythmia', 'annotations', `Annotation_file_${id}.csv`);
}

export function numericsFile(id: string): string {
  return join(BUNDLED_RECORDINGS, 'bidmc-numerics', `bidmc_${id}_Numerics.csv`);
}

/** The bundled recordings, cut down to these cases; all numerics stay. */
export async function bundledCases(...ids: readonly number[]): Promise<FoundRecordings> {
  const found = await findRecordings([BUNDLED_RECORDINGS]);
  return { ...found, arrhythmia: found.arrhythmia.filter(({ id }) => ids.includes(Number(id))) };
}

/** A folder in the shape of the arrhythmia data set that holds these cases. */
export async function copyCases(folder: string, ...ids: readonly number[]): Promise<void> {
  for (const file of ids.map(annotationFile)) await cp(file, join(folder, 'annotations', basename(file)));
}
