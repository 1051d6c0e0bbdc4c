import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { publicPemFile, TOKEN_ALGORITHM, type TokenKeys } from '../access/token-keys.ts';
import type { Refusal } from '../access/token-verifier.ts';

const HOUR_S = 3_600;
const nowS = () => Math.floor(Date.now() / 1_000);
const coded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

interface BadToken {
  name: string;
  token: string;
  refusal: Refusal;
}

/** One token for each way in which one can be wrong, all else about it right. */
export async function badTokens(
  keys: TokenKeys,
  keyFolder: string,
  { issuer, audience }: { issuer: string; audience: string },
): Promise<BadToken[]> {
  const right = (): JWTPayload => ({
    iss: issuer,
    aud: [audience],
    sub: 'admin-1',
    role: 'admin',
    iat: nowS(),
    exp: nowS() + HOUR_S,
  });
  const header = { alg: TOKEN_ALGORITHM, kid: keys.kid };
  const signed = (change: Record<string, unknown>) =>
    new SignJWT({ ...right(), ...change }).setProtectedHeader(header).sign(keys.signing);
  const other = await generateKeyPair(TOKEN_ALGORITHM);
  const rsa = await generateKeyPair('RS256');
  const publicAsSecret = createSecretKey(readFileSync(publicPemFile(keyFolder, keys.kid)));
  const good = await signed({});
  const [head = '', , signature = ''] = good.split('.');
  return [
    { name: 'expired', token: await signed({ exp: nowS() - HOUR_S }), refusal: 'expired' },
    { name: 'valid from tomorrow', token: await signed({ nbf: nowS() + HOUR_S }), refusal: 'not-yet' },
    { name: 'for ever', token: await signed({ exp: undefined }), refusal: 'claims' },
    { name: 'of another issuer', token: await signed({ iss: 'urn:other' }), refusal: 'issuer' },
    { name: 'for another audience', token: await signed({ aud: ['other'] }), refusal: 'audience' },
    { name: 'for nobody', token: await signed({ aud: undefined }), refusal: 'claims' },
    { name: 'without a subject', token: await signed({ sub: undefined }), refusal: 'claims' },
    { name: 'with a subject that breaks lines', token: await signed({ sub: 'a\nb' }), refusal: 'claims' },
    { name: 'without a role', token: await signed({ role: undefined }), refusal: 'claims' },
    { name: 'with an unknown role', token: await signed({ role: 'root' }), refusal: 'claims' },
    { name: 'with roles', token: await signed({ role: ['admin'] }), refusal: 'claims' },
    {
      name: 'signed with another key, under the same id',
      token: await new SignJWT(right()).setProtectedHeader(header).sign(other.privateKey),
      refusal: 'signature',
    },
    {
      name: 'signed with an unknown key',
      token: await new SignJWT(right()).setProtectedHeader({ ...header, kid: 'other' }).sign(other.privateKey),
      refusal: 'signature',
    },
    {
      name: 'signed with an unknown RSA key',
      token: await new SignJWT(right()).setProtectedHeader({ alg: 'RS256', kid: keys.kid }).sign(rsa.privateKey),
      refusal: 'signature',
    },
    {
      name: 'with another body under a good signature',
      token: [head, coded({ ...right(), sub: 'somebody-else' }), signature].join('.'),
      refusal: 'signature',
    },
    {
      name: 'not signed',
      token: `${coded({ alg: 'none' })}.${coded(right())}.`,
      refusal: 'algorithm',
    },
    {
      name: 'signed with the public key as a shared secret',
      token: await new SignJWT(right()).setProtectedHeader({ alg: 'HS256', kid: keys.kid }).sign(publicAsSecret),
      refusal: 'algorithm',
    },
    {
      name: 'with a key of its own in its header',
      token: await new SignJWT(right())
        .setProtectedHeader({ ...header, jwk: { kty: 'EC' }, jku: 'http://127.0.0.1:1/keys' })
        .sign(other.privateKey),
      refusal: 'signature',
    },
    { name: 'cut short', token: good.slice(0, -1), refusal: 'malformed' },
    { name: 'two parts of one', token: good.split('.').slice(0, 2).join('.'), refusal: 'malformed' },
    { name: 'no token', token: 'x', refusal: 'malformed' },
    { name: 'too long', token: `${good}${'A'.repeat(5_000)}`, refusal: 'malformed' },
  ];
}
