import type { Socket } from 'node:net';

/**
 * Breaks a connection at once: RST, so that the other side does not take it for an end in order.
 * A socket that is still connecting would be reset once connected, if ever: it is destroyed. So is one that has been
 * ended: libuv refuses to reset it while its shutdown is under way (uv_tcp_close_reset, EINVAL), Node 24 then never
 * closes it, and the process spins at its exit.
 */
export function resetSocket(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
