import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const COMPILED = fileURLToPath(new URL('../../dist/src/', import.meta.url));
const NOBODY = '65534';

/** What a user who is not the worker's is told who wants to answer a hold that lies below this folder. */
async function toldToNobody(stateRoot: string): Promise<string> {
  const program = `import { heldHere } from '${COMPILED}cli/held-job.js';
import { State } from '${COMPILED}adapters/state.js';
await heldHere(new State(process.argv[1], 'testbed'), 'purge').catch(({ message, hint }) => console.log(message, hint));`;
  const asNobody = ['--reuid', NOBODY, '--clear-groups', process.execPath];
  const { stdout } = await execa('setpriv', [
    ...asNobody,
    '--input-type=module',
    '--eval',
    program,
    stateRoot,
  ]);
  return stdout;
}

describe.skipIf(process.getuid?.() !== 0)('whoever is not the user of the worker', () => {
  it('is told whose the holds are that he may not look at', async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, 'testbed', 'holds'), { recursive: true });
    await writeFile(join(root, 'testbed', 'holds', 'purge.json'), '{}');
    await chmod(root, 0o700);
    expect(await toldToNobody(root)).toMatch(/belongs to another user.*sudo -u '#0' fts/);
  });

  it('is told that there may be others where there is none of his own', async () => {
    const root = await temporaryFolder();
    await chmod(root, 0o755);
    expect(await toldToNobody(root)).toMatch(/nothing is held .*another user's worker/);
  });
});
