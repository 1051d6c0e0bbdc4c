import { z } from 'zod';

/** Sales with the guard and those of the naive variant have stock and orders of their own. */
export const booksSchema = z.enum(['guarded', 'naive'], 'must be guarded or naive').default('guarded');
export type Books = z.infer<typeof booksSchema>;
