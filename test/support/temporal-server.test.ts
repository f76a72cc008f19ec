import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { makeTemporalServer } from './temporal-server.js';

it('says what keeps it from starting, and starts when that is over', async () => {
  const server = await makeTemporalServer();
  const other = createServer().listen(server.port, '127.0.0.1');
  other.on('connection', (socket) => socket.destroy());
  await once(other, 'listening');
  try {
    await expect(server.start()).rejects.toThrow(/does not start: .*(in use|already)/s);
    other.close();
    await once(other, 'close');
    await server.start();
    await server.client();
  } finally {
    await server.remove();
  }
});
