import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Stay } from './roster.ts';
import { jsonOrNull, replaceFile, textIfThere } from './state-files.ts';

const wardPosition = z.object({
  /** The ward second up to which everything has happened. */
  wardSecond: z.number().nonnegative(),
  /** What the ward was made of; a position of another ward is of no use. */
  beds: z.number().int().positive(),
  recordings: z.array(z.string()),
  /** How often each recording was admitted, in the order of `recordings`. */
  admissions: z.array(z.number().int().nonnegative()),
  /** Patients in a bed at that second, or shortly before it. */
  stays: z.array(
    z.object({
      bed: z.number().int().nonnegative(),
      recording: z.number().int().nonnegative(),
      admission: z.number().int().positive(),
      startSecond: z.number().nonnegative(),
    }) satisfies z.ZodType<Stay>,
  ),
});
export type WardPosition = z.infer<typeof wardPosition>;

export interface PositionStore {
  /** The stored position, or undefined when there is none that can be used: the ward then starts at second 0. */
  load(): WardPosition | undefined;
  save(position: WardPosition): void;
  clear(): void;
}

/** Keeps the ward's position in one small file. A damaged file counts as none: starting over repeats events, and loses none. */
export function openPosition(folder: string): PositionStore {
  const file = join(folder, 'position.json');
  return {
    load() {
      const text = textIfThere(file);
      return text === undefined ? undefined : wardPosition.safeParse(jsonOrNull(text)).data;
    },
    save: (position) => replaceFile(file, JSON.stringify(position)),
    clear: () => rmSync(file, { force: true }),
  };
}
