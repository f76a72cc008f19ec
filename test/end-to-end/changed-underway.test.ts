import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET } from '../b2-stand-in/stand-in.js';
import { answer } from '../cli/fts.js';
import { type MirrorEstate, type TestMirror, startMirrorEstate } from '../support/mirror-estate.js';
import { CANARY } from '../support/running-estate.js';

const PATIENCE_MS = 180_000;
const NEXT = 'the next password';

let estate: MirrorEstate;
beforeAll(async () => {
  estate = await startMirrorEstate();
});
afterAll(() => estate.remove());

describe('the password of a repository, while a backup runs', () => {
  const declarePassword = async (password: string): Promise<void> => {
    const file = join(estate.folder, 'secrets.yaml');
    const declared = parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, stringify({ ...declared, password }));
  };

  const resticAs = async (password: string, ...args: string[]): Promise<string> => {
    const env = { RESTIC_PASSWORD: password };
    return (await execa('restic', ['--repo', estate.repository, ...args], { env })).stdout;
  };

  /** Runs a job that stores slowly; `change` happens while it stores. */
  const changedWhileStoring = async (change: () => Promise<void>): Promise<Record<string, unknown>> => {
    await estate.fill();
    const following = estate.follow('run', 'slow', '--json');
    await estate.storing();
    await change();
    return answer(await following.ended);
  };

  const REFUSED = { outcome: 'failed', error: { type: 'WrongPassword' } };

  const lastSuccess = async (): Promise<unknown> => {
    const { stdout } = await estate.fts('status', '--json');
    const { jobs } = JSON.parse(stdout) as { jobs: { job: string; lastSuccess: unknown }[] };
    return jobs.find(({ job }) => job === 'slow')?.lastSuccess;
  };

  it(
    'is declared anew: the run fails, though its snapshot is there, and the next one completes',
    async () => {
      expect(await changedWhileStoring(() => declarePassword('another'))).toMatchObject(REFUSED);
      expect(await lastSuccess()).toBeNull();
      expect(JSON.parse(await estate.restic('snapshots', '--json'))).toHaveLength(1);
      await declarePassword(CANARY);
      expect(await estate.run('slow')).toMatchObject({ outcome: 'complete' });
      expect(JSON.parse(await estate.restic('snapshots', '--json'))).toHaveLength(2);
      await estate.restic('check');
    },
    PATIENCE_MS,
  );

  it(
    'opens nothing any more, as its key is gone: the run fails, and completes with the other one',
    async () => {
      const file = join(estate.folder, 'next');
      await writeFile(file, NEXT);
      await estate.restic('key', 'add', '--new-password-file', file);
      const keys = JSON.parse(await resticAs(NEXT, 'key', 'list', '--json')) as {
        id: string;
        current: boolean;
      }[];
      const [old] = keys.filter(({ current }) => !current);
      const before = await lastSuccess();
      const ended = await changedWhileStoring(() => rm(join(estate.repository, 'keys', old?.id ?? '')));
      expect(ended).toMatchObject(REFUSED);
      expect(await lastSuccess()).toEqual(before);
      await declarePassword(NEXT);
      expect(await estate.run('slow')).toMatchObject({ outcome: 'complete' });
      await resticAs(NEXT, 'check');
    },
    PATIENCE_MS,
  );
});

describe('an estate that is changed while a mirror is held:', () => {
  /** A mirror of six files that is held, as two are gone from its source and one may go. */
  const held = async (
    name: string,
    before?: (mirror: TestMirror) => Promise<unknown>,
  ): Promise<TestMirror> => {
    const mirror = await estate.mirror(name, { limits: { deletes: 1 } });
    await mirror.fill(6);
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    await before?.(mirror);
    for (const file of ['0', '1']) await rm(join(mirror.root, 'many', file));
    expect(await mirror.run()).toMatchObject({ outcome: 'held' });
    return mirror;
  };
  const change = (name: string, keys: object): Promise<void> =>
    estate.declare(({ jobs }) => {
      jobs[name] = { ...jobs[name], ...keys };
    });
  const DONE = { outcome: 'complete', result: { deleted: { files: 2 } } };

  it(
    'with other limits the approval is for the plan that was shown; a plan within them needs none',
    async () => {
      const narrower = await held('narrower');
      await change('narrower', { limits: { deletes: 0 } });
      expect(await narrower.approve()).toMatchObject(DONE);

      const wider = await held('wider');
      await change('wider', { limits: { deletes: 2 } });
      expect(await wider.run()).toMatchObject(DONE);
      expect(await wider.approve()).toMatchObject({ exitCode: 2, error: { type: 'Usage' } });
    },
    PATIENCE_MS,
  );

  it(
    'an approval deletes nothing in another remote, nor for another volume',
    async () => {
      const copy = `b2:${BUCKET}/copied`;
      const mirror = await held('moved', (made) =>
        made.rclone('copy', join(made.root, 'many'), `${copy}/many`),
      );
      const others = await estate.mirror('others');
      await others.fill(6);
      expect(await others.run()).toMatchObject({ outcome: 'complete' });
      await estate.declare(({ jobs }) => {
        delete jobs.others;
      });
      await change('moved', { remote: 'others' });
      expect(await mirror.approve()).toMatchObject({ outcome: 'failed', error: { type: 'RemoteTaken' } });
      await change('moved', { remote: 'moved', volume: 'others' });
      expect(await mirror.approve()).toMatchObject({ outcome: 'failed', error: { type: 'RemoteTaken' } });
      expect(await mirror.names()).toHaveLength(6);
      expect(await others.names()).toHaveLength(6);

      await estate.declare(({ remotes = {} }) => {
        remotes.copied = { ...remotes.moved, path: `${BUCKET}/copied` };
      });
      await change('moved', { remote: 'copied', volume: 'moved' });
      expect(await mirror.approve()).toMatchObject({
        outcome: 'held',
        result: {
          deleted: { files: 0 },
          hold: { reason: expect.stringContaining('the approval is for another plan') as string },
        },
      });
      const { stdout } = await mirror.rclone('lsf', '-R', '--files-only', copy);
      expect(String(stdout)).toContain('many/0');
    },
    PATIENCE_MS,
  );
});
