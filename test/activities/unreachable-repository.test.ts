import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, snapshotJob } from '../support/restic-estate.js';

let estate: ResticEstate;
let server: Server;
let answer: number | 'close';

beforeEach(async () => {
  server = createServer((_, response) => {
    if (answer === 'close') response.destroy();
    else response.writeHead(answer).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  estate = await makeResticEstate({
    repositories: {
      away: { host: 'here', url: `rest:http://127.0.0.1:${String(port)}/`, password: 'password' },
    },
    jobs: { save: snapshotJob({ repository: 'away' }) },
  });
  await writeFile(join(estate.flux, 'file'), 'content');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await estate.remove();
});

const failure = async (): Promise<unknown> =>
  estate.run(estate.activities.takeSnapshot, await estate.request()).catch((error: unknown) => error);

describe('a repository behind a server', () => {
  it('that refuses us fails for good', async () => {
    answer = 403;
    expect(await failure()).toMatchObject({ type: 'RemoteDenied', nonRetryable: true });
  });

  it.each(['close', 503] as const)('that answers %j is tried again later', async (what) => {
    answer = what;
    expect(await failure()).toMatchObject({ type: 'RepositoryUnreachable', nonRetryable: false });
  });
});
