/** Why something failed, in a word for a message: the system's code (ENOENT, ECONNREFUSED) where there is one. */
export function reason(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}
