import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openRemote } from '../../src/adapters/rclone-remote.js';
import { State } from '../../src/adapters/state.js';
import { loadEstate } from '../../src/estate/load.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('a lock that lies on the volume is not made before the guard has answered for that', async () => {
  const folder = await temporaryFolder();
  const volumeRoot = join(folder, 'space');
  await mkdir(volumeRoot);
  const file = join(folder, 'estate.yaml');
  const declared = {
    ...{ estate: 'testbed', timezone: 'Etc/UTC', hosts: { here: { platform: 'linux' } } },
    volumes: { space: { host: 'here', mountpoint: volumeRoot, filesystem: 'directory' } },
    remotes: { copy: { type: 'local', path: 'copy' } },
  };
  await writeFile(file, stringify(declared));
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  onTestFinished(() => void vi.restoreAllMocks());
  const open = (volumeReady: Promise<unknown>) =>
    loadEstate(file).then((loaded) =>
      openRemote(loaded, 'copy', {
        ...{ state: new State(join(folder, 'state'), 'testbed'), volumeRoot, volumeReady },
        secrets: { resolve: () => Promise.resolve('') },
      }),
    );
  const refusal = new Error('not this one');
  const refused = Promise.reject(refusal);
  refused.catch(() => undefined);
  await expect(open(refused)).rejects.toBe(refusal);
  expect(await readdir(volumeRoot)).toEqual([]);
  const { lock } = await open(Promise.resolve());
  expect(lock).toContain(join(volumeRoot, '.fts-locks'));
});
