import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ResticRepository } from '../../src/adapters/restic/repository.js';
import { runRestic } from '../../src/adapters/restic.js';
import { fakeTool } from '../support/fake-tool.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-lost-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As restic goes on when its repository's disk turns read-only: it tries again for a quarter of an hour. */
const LOST = `#!/bin/sh
echo '{"message_type":"status","bytes_done":1}'
for n in 1 2; do echo 'Save(<data/1>) returned error, retrying after 1s: open data/1: read-only file system' >&2; done
exec sleep 60`;

const repository = async (where: Partial<ResticRepository>): Promise<ResticRepository> => ({
  name: 'local',
  restic: await fakeTool(folder, 'restic', LOST),
  environment: {},
  options: [],
  lock: join(folder, 'lock'),
  folder: undefined,
  directory: undefined,
  rclone: undefined,
  ...where,
});

it('a volume that is lost under a repository ends restic, open though the repository is', async () => {
  await expect(runRestic(await repository({ folder }), { args: [] })).rejects.toMatchObject({
    type: 'VolumeUnavailable',
    message: expect.stringContaining('read-only file system') as string,
  });
});

it('what a remote says of its own disk is for restic to wait for', async () => {
  const impatient = AbortSignal.timeout(2_000);
  const call = runRestic(await repository({}), { args: [], signal: impatient });
  await expect(call).rejects.not.toMatchObject({ type: 'VolumeUnavailable' });
});
