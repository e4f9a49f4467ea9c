/** A server that a test plays itself. */
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Does what the test says with each connection, until the test ends; answers its port of the loopback address. */
export async function stubServer(handle: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The stub server has no port.');
  return address.port;
}
