import type { RabbitmqEndpoints } from '../../localstack/services/rabbitmq.ts';

const EVERYTHING = { configure: '.*', write: '.*', read: '.*' };
const GUEST = `Basic ${Buffer.from('guest:guest').toString('base64')}`;

/** Makes a broker that knows no tokens take one: as the password of its bearer. */
export async function letIn({ management }: RabbitmqEndpoints, id: string, token: string): Promise<void> {
  const put = async (path: string, body: object) => {
    const answer = await fetch(`${management}/api/${path}`, {
      method: 'PUT',
      headers: { authorization: GUEST, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${await answer.text()}`);
  };
  await put(`users/${id}`, { password: token, tags: '' });
  await put(`permissions/%2F/${id}`, EVERYTHING);
}
