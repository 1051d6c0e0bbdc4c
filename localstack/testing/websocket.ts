import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { asRole } from '../../shared/access/local-token.ts';

export interface TestWebsocket {
  /** Text frames as they came. */
  messages: string[];
  socket: WebSocket;
  /** The code that it was closed with. */
  closed: Promise<number>;
}

/** An open connection of Node's own client. @throws when it is refused */
export async function openWebsocket(url: string): Promise<TestWebsocket> {
  const socket = new WebSocket(url, { headers: await asRole('nurse') });
  const messages: string[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(String(data)));
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)));
  });
  return { messages, socket, closed };
}

/** A handshake alone: the status of its answer, and the socket of one that was taken, to send anything by. */
export async function shakeHands(
  url: string,
  key = randomBytes(16).toString('base64'),
  authorization: Record<string, string> | undefined = undefined,
): Promise<{ status: number; socket: Socket }> {
  const shown = authorization ?? (await asRole('nurse'));
  return new Promise((resolve, reject) => {
    const headers = {
      ...shown,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
    };
    request(url.replace(/^ws/, 'http'), { headers, agent: false })
      .on('upgrade', ({ statusCode = 0 }, socket: Socket) => {
        // What is not read hides the end of the connection.
        socket.on('error', () => socket.destroy()).resume();
        resolve({ status: statusCode, socket });
      })
      .on('response', (answer) => {
        resolve({ status: answer.statusCode ?? 0, socket: answer.socket });
        answer.resume();
      })
      .on('error', reject)
      .end();
  });
}
