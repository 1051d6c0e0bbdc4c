import type { MachineOptions } from './machine-types.ts';

/** Reading resumes at this part of what it paused at, not to pause and resume with each record. */
const RESUME_AT = 0.5;

/** Whether reading is to be paused now, by how full the hand is. */
export function shouldPause(
  { records, bytes }: { readonly records: number; readonly bytes: number },
  isPaused: boolean,
  { recordsInHandMax, bytesInHandMax }: Pick<MachineOptions, 'recordsInHandMax' | 'bytesInHandMax'>,
): boolean {
  const fill = Math.max(records / recordsInHandMax, bytes / bytesInHandMax);
  return isPaused ? fill > RESUME_AT : fill >= 1;
}
