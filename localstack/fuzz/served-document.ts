import { z } from 'zod';
import { PermanentError, TransientError } from '../../shared/errors.ts';

/**
 * The OpenAPI document that a system serves.
 * @throws TransientError nothing answers there; PermanentError what answers is no such document
 */
export async function servedDocument(url: string): Promise<object> {
  let answer: Response;
  try {
    answer = await fetch(new URL('/openapi.json', url));
  } catch (error) {
    throw new TransientError(
      'http_unavailable',
      `Nothing answers at ${url}: is 'npm start' running? (--url names another place)`,
      {
        cause: error,
      },
    );
  }
  const document = z.looseObject({ openapi: z.string() }).safeParse(await answer.json().catch(() => undefined));
  if (document.success) return document.data;
  throw new PermanentError('no_document', `${url}/openapi.json is no OpenAPI document (status ${answer.status}).`);
}
