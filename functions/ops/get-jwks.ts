// Promise: the public keys that tokens are signed with on this machine, the newest first; never a private one.
import { z } from 'zod';
import { readJwks } from '../../shared/access/token-keys.ts';
import { config } from '../../shared/config.ts';
import { httpHandler } from '../../shared/handlers.ts';

/** How long a reader may keep them: what a rotation's first token waits at most. */
const MAX_AGE_S = 60;

const publicKey = z.object({
  kty: z.literal('EC'),
  crv: z.string(),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  alg: z.string(),
  use: z.literal('sig'),
});

export const handler = httpHandler({
  name: 'get-jwks',
  stage: 'ops',
  method: 'GET',
  access: 'public',
  answers: { 200: z.strictObject({ keys: z.array(publicKey) }) },
  async respond() {
    const keys = z.array(publicKey).parse(readJwks(config().access.keyFolder).keys);
    return { status: 200, body: { keys }, headers: { 'cache-control': `public, max-age=${MAX_AGE_S}` } };
  },
});
