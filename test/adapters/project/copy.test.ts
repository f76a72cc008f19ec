import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { copyProject } from '../../../src/adapters/project/copy.js';
import { openFolder } from '../../../src/adapters/project/tool.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const COMPILED = fileURLToPath(new URL('../../../dist/src/adapters/', import.meta.url));
const NOBODY = '65534';

it.skipIf(process.getuid?.() !== 0)(
  'folders that are read-only are deleted by a user who is not root',
  async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'modules', 'deep'), { recursive: true });
    await writeFile(join(folder, 'modules', 'deep', 'file'), '');
    await execa('chown', ['-R', NOBODY, folder]);
    await execa('chmod', ['-R', 'a-w', folder]);
    const program = `import { emptyFolder } from '${COMPILED}project/copy.js';
import { openFolder } from '${COMPILED}project/tool.js';
await emptyFolder(await openFolder(process.argv[1]));`;
    const asNobody = ['--reuid', NOBODY, '--clear-groups', process.execPath];
    await execa('setpriv', [...asNobody, '--input-type=module', '--eval', program, folder]);
    expect(await readdir(folder)).toEqual([]);
  },
);

it('a path that is too long to be copied is told in short, with the reason', async () => {
  const folder = await temporaryFolder();
  const deep = `mkdir project; cd project; for n in $(seq 20); do mkdir ${'d'.repeat(250)}; cd ${'d'.repeat(250)}; done`;
  await execa('bash', ['-c', deep], { cwd: folder });
  const source = await openFolder(join(folder, 'project'));
  const error = await copyProject(source, join(folder, 'copy')).catch((it: unknown) => it);
  await source.close();
  expect(String(error)).toMatch(/File name too long$/);
  expect(String(error).length).toBeLessThan(600);
  await execa('rm', ['-rf', join(folder, 'project'), join(folder, 'copy')]);
});
