import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Worker, type WorkflowBundle, bundleWorkflowCode } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quietRuntime } from '../support/quiet-runtime.js';
import { HISTORIES } from '../support/workflow-bed.js';

const ROOT = join(import.meta.dirname, '..', '..');

let folder: string;
beforeAll(async () => {
  quietRuntime();
  folder = await mkdtemp(join(tmpdir(), 'fts-changed-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The workflows of today with a change in one file, as a later release might have it. */
async function changed(file: string, ...changes: [from: string, to: string][]): Promise<WorkflowBundle> {
  for (const part of ['workflows', 'activities', 'src'])
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  const path = join(folder, 'workflows', file);
  let source = await readFile(path, 'utf8');
  for (const [from, to] of changes) {
    expect(source).toContain(from);
    source = source.replace(from, to);
  }
  await writeFile(path, source);
  const workflowsPath = join(folder, 'workflows', 'index.ts');
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

const replay = async (workflowBundle: WorkflowBundle, shape: string): Promise<void> => {
  const history: unknown = JSON.parse(await readFile(join(HISTORIES, `${shape}.json`), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle }, history);
};

const IMPORT = "import { setCurrentDetails } from '@temporalio/workflow';";
const STEP = "setCurrentDetails('Looking for what is old.');";

describe('replaying a recorded history', () => {
  it('fails for a release that swaps two steps', async () => {
    const bundle = await changed(
      'purge.ts',
      ['const { planPurge } =', 'const { deleteOld: planPurge } ='],
      ['const { deleteOld } =', 'const { planPurge: deleteOld } ='],
    );
    await expect(replay(bundle, 'purge-complete')).rejects.toThrow(DeterminismViolationError);
  });

  it('fails for a release that leaves out a step', async () => {
    const bundle = await changed('conclude.ts', ['await record(input, report);', '']);
    await expect(replay(bundle, 'graduation-complete')).rejects.toThrow(DeterminismViolationError);
  });

  it('fails for a release that waits where none did, and passes if that is behind `patched`', async () => {
    const waiting = await changed(
      'purge.ts',
      [IMPORT, "import { setCurrentDetails, sleep } from '@temporalio/workflow';"],
      [STEP, `await sleep('1 minute'); ${STEP}`],
    );
    await expect(replay(waiting, 'purge-complete')).rejects.toThrow(DeterminismViolationError);
    const patched = await changed(
      'purge.ts',
      [IMPORT, "import { patched, setCurrentDetails, sleep } from '@temporalio/workflow';"],
      [STEP, `if (patched('settle-first')) await sleep('1 minute'); ${STEP}`],
    );
    await replay(patched, 'purge-complete');
  });

  it('passes for a release that only says something else', async () => {
    const bundle = await changed('purge.ts', [STEP, "setCurrentDetails('Scanning.');"]);
    await replay(bundle, 'purge-complete');
  });
});
