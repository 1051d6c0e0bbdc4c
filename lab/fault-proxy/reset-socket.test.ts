import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { resetSocket } from './reset-socket.ts';
import { bothEnds, until } from './testing/peers.ts';

/** The client's end of a connection; `closed` says whether its close was ever told. */
async function connected() {
  const both = await bothEnds();
  both.broker.resume();
  const told = { closed: false };
  both.client.on('close', () => {
    told.closed = true;
  });
  return { ...both, told };
}

test.each<[string, (socket: Socket) => void]>([
  ['open', () => undefined],
  ['ended a moment ago', (socket) => socket.end()],
  ['with bytes still to be written before its end', (socket) => socket.end(Buffer.alloc(20_000_000))],
  ['to be destroyed once all is written', (socket) => socket.destroySoon()],
  ['destroyed', (socket) => socket.destroy()],
])('a socket %s is closed', async (_state, bring) => {
  const { client, told, close } = await connected();
  bring(client);
  resetSocket(client);
  resetSocket(client);
  await until('the close', () => told.closed);
  await close();
});

test('a socket that is still connecting is closed', async () => {
  const socket = connect({ host: '127.0.0.1', port: 1 });
  let isClosed = false;
  socket
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  resetSocket(socket);
  await until('the close', () => isClosed);
});

test('the other side of an open one learns that it broke', async () => {
  const { client, broker, close } = await connected();
  const codes: unknown[] = [];
  broker.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code));
  resetSocket(client);
  await until('the reset', () => codes.length > 0);
  expect(codes).toEqual(['ECONNRESET']);
  await close();
});
