import { type Server, createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { isPortFree, portHolder } from '../../src/adapters/port-holder.js';

let server: Server | undefined;
afterEach(() => server?.close());

async function listen(address: string): Promise<number> {
  server = createServer().listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

describe('a port', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::'])(
    'that is listened on at %s is not free, and its holder is known',
    async (address) => {
      const port = await listen(address);
      expect(await isPortFree(port, '127.0.0.1')).toBe(false);
      expect(await portHolder(port)).toEqual({
        pid: process.pid,
        command: expect.stringContaining('node') as string,
      });
    },
  );

  it('is free again, and held by nobody, when its holder is gone', async () => {
    const port = await listen('127.0.0.1');
    server?.close();
    expect(await isPortFree(port, '127.0.0.1')).toBe(true);
    expect(await portHolder(port)).toBeUndefined();
  });
});
