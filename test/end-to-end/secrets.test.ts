import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CANARY, type RunningEstate, startEstate } from '../support/running-estate.js';

let estate: RunningEstate;
const seenArguments: string[] = [];

beforeAll(async () => {
  estate = await startEstate();
  await writeFile(join(estate.flux, 'small'), 'content');
  await estate.fill();
  const run = estate.run('slow');
  await estate.storing();
  for (const pid of await readdir('/proc')) {
    if (/^\d+$/.test(pid)) seenArguments.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  }
  expect(await run).toMatchObject({ outcome: 'complete' });
  await writeFile(join(estate.folder, 'secrets.yaml'), 'password: not the password\n');
  expect(await estate.run('save')).toMatchObject({ outcome: 'failed', error: { type: 'WrongPassword' } });
});
afterAll(() => estate.remove());

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a secret', () => {
  it('is in no argument of any process', () => {
    expect(seenArguments.join('\n')).toContain('backup');
    expect(seenArguments.join('\n')).not.toContain(CANARY);
  });

  it("is in no file of the host's state, and none of those can be read by others", async () => {
    const files = await filesBelow(estate.state);
    expect(files.map((file) => file.replace(estate.state, ''))).toEqual(
      expect.arrayContaining(['/jobs/slow.json', '/logs/host-here.jsonl']),
    );
    for (const file of files) {
      expect(await readFile(file, 'latin1'), file).not.toContain(CANARY);
      expect((await stat(file)).mode & 0o077, file).toBe(0);
    }
  });

  it('is in no history, not even as base64', async () => {
    const client = await estate.server.client();
    const histories: string[] = [];
    for await (const { workflowId, runId } of client.workflow.list()) {
      histories.push(JSON.stringify(await client.workflow.getHandle(workflowId, runId).fetchHistory()));
    }
    expect(histories.length).toBeGreaterThanOrEqual(4);
    const payloads = histories.flatMap((history) =>
      [...history.matchAll(/"data":"([^"]*)"/g)].map(([, data]) =>
        Buffer.from(data ?? '', 'base64').toString('latin1'),
      ),
    );
    expect(payloads.join('\n')).toContain('flux');
    expect([...histories, ...payloads].join('\n')).not.toContain(CANARY);
  });

  it('is in nothing that the workers printed', () => {
    for (const kind of ['control', 'host'] as const)
      expect(estate.worker(kind).stderr + estate.worker(kind).stdout).not.toContain(CANARY);
  });
});
