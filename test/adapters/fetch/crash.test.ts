import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CATALOGUE, thisPlatform } from '../../../src/adapters/fetch/catalogue.js';
import { ensureTools } from '../../../src/adapters/fetch/tools.js';
import { rcloneZip } from '../../support/archives.js';
import { dies, moduleAt } from '../../support/dying.js';
import { checksumLine, serveRelease } from '../../support/release-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let tools: string;
let base: string;
beforeEach(async () => {
  tools = join(await temporaryFolder(), 'tools');
  const { checksums, asset } = CATALOGUE.rclone.release;
  const platform = thisPlatform();
  if (!platform) throw new Error('no release for this machine');
  const archive = rcloneZip('echo "rclone v1.71.2"');
  const file = asset(platform);
  const server = await serveRelease({ [checksums]: checksumLine(archive, file), [file]: archive });
  onTestFinished(() => server.close());
  base = server.base;
});

const environment = (): NodeJS.ProcessEnv => ({ PATH: '/usr/bin:/bin', FTS_TOOLS_DIR: tools });

const fetching = (): string => `
  import { CATALOGUE } from ${moduleAt('src/adapters/fetch/catalogue.js')};
  import { ensureTools } from ${moduleAt('src/adapters/fetch/tools.js')};
  const release = { ...CATALOGUE.rclone.release, base: ${JSON.stringify(base)} };
  const catalogue = { ...CATALOGUE, rclone: { ...CATALOGUE.rclone, release } };
  await ensureTools(['rclone'], { log: () => undefined, environment: ${JSON.stringify(environment())}, catalogue });`;

const fetch = () =>
  ensureTools(['rclone'], {
    log: () => undefined,
    environment: environment(),
    catalogue: {
      ...CATALOGUE,
      rclone: { ...CATALOGUE.rclone, release: { ...CATALOGUE.rclone.release, base } },
    },
  });

describe('a set-up that is killed while it fetches a tool', () => {
  it.each([
    ['workshop-made', '', false],
    ['tool-tried', 'rclone', false],
    ['tool-installed', 'rclone', true],
  ] as const)(
    'at "%s" has installed a whole one or none, and the next one clears up',
    async (at, of, isThere) => {
      await dies(fetching(), { at, of });
      expect((await readdir(tools)).includes('rclone')).toBe(isThere);
      expect(await fetch()).toMatchObject([{ version: '1.71.2', fetched: !isThere }]);
      if (!isThere) expect(await readdir(tools)).toEqual(['rclone']);
    },
  );

  it('may be killed again while it clears up', async () => {
    await dies(fetching(), { at: 'tool-tried', of: 'rclone' });
    await dies(fetching(), { at: 'workshop-cleared' });
    await fetch();
    expect(await readdir(tools)).toEqual(['rclone']);
  });
});
