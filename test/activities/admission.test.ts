import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admission, createAdmissionActivities } from '../../activities/admission.js';
import { createResticActivities } from '../../activities/restic.js';
import { prunedNames } from '../../src/adapters/pruned-names.js';
import { realName } from '../../src/adapters/real-name.js';
import { openReport } from '../../src/adapters/report.js';
import { State } from '../../src/adapters/state.js';
import { createVolumeGuard } from '../../src/adapters/volume/guard.js';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import type { JobRequest } from '../../src/domain/job.js';
import { declarationOf } from '../../src/estate/declaration.js';
import { loadEstate } from '../../src/estate/load.js';
import { canMount, makeLoopDevice } from '../support/loop-device.js';
import { mockActivity } from '../support/mock-activity.js';
import { type ResticEstate, makeResticEstate, snapshotJob } from '../support/restic-estate.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Who decides that: a step of its own, or the first step of a snapshot. */
const DECIDERS: Record<string, (estate: ResticEstate, request: JobRequest) => Promise<Admission>> = {
  admission: ({ activities, run }, request) => run(activities.admitJob, request),
  'the first step of a snapshot': async ({ activities, run }, request) => {
    const taken = await run(activities.takeSnapshot, request);
    if (taken.repository !== 'unasked') return { admitted: true };
    const { repository: _, ...why } = taken;
    return { admitted: false, ...why };
  },
};

describe.each(Object.entries(DECIDERS))('%s', (_, decide) => {
  let estate: ResticEstate;
  beforeEach(async () => {
    estate = await makeResticEstate({ jobs: { resting: snapshotJob({ paused: true }) } });
  });
  afterEach(() => estate.remove());

  const admit = async (job: string, more: { force?: boolean } = {}): Promise<Admission> =>
    decide(estate, { ...(await estate.request(job)), ...more });

  it('lets a job run whose volumes are healthy', async () => {
    expect(await admit('save')).toEqual({ admitted: true });
  });

  it('lets a paused job rest, saying so, unless it is forced', async () => {
    expect(await admit('resting')).toEqual({ admitted: false, reason: 'the estate pauses job resting' });
    expect(await admit('resting', { force: true })).toEqual({ admitted: true });
  });

  it('lets no job take a volume that is partly back for the whole, unless it is forced', async () => {
    await mkdir(join(estate.flux, 'active'));
    await estate.run(estate.activities.admitJob, await estate.request('save'));
    await estate.makeRepository();
    await estate.restic('backup', '-q', estate.flux);
    const { prepareRebuild, nextRebuildBatch, restoreRebuildBatch, finishRebuild } = estate.activities;
    const step = { estate: 'testbed', volume: 'flux', run: 'run-1' };
    await estate.run(prepareRebuild, step);
    const { batch = '' } = await estate.run(nextRebuildBatch, step);
    expect(await admit('save')).toMatchObject({
      ...{ admitted: false, type: 'VolumeRebuilding' },
      reason: expect.stringContaining('volume flux is being rebuilt') as string,
    });
    expect(await admit('save', { force: true })).toEqual({ admitted: true });
    await estate.run(restoreRebuildBatch, { ...step, batch });
    await estate.run(nextRebuildBatch, { ...step, ended: { batch } });
    await estate.run(finishRebuild, step);
    expect(await admit('save')).toEqual({ admitted: true });
  });

  it('asks nothing of the volumes of a paused job, and everything of a forced one', async () => {
    await rm(join(estate.flux, '.fts-volume'));
    expect(await admit('resting')).toMatchObject({ admitted: false });
    await expect(admit('resting', { force: true })).rejects.toMatchObject({ type: 'VolumeUnavailable' });
  });

  it.each(['flux', 'space'] as const)(
    'refuses for good when volume %s is not the declared one',
    async (volume) => {
      await rm(join(estate[volume], '.fts-volume'));
      await expect(admit('save')).rejects.toMatchObject({
        type: 'VolumeUnavailable',
        nonRetryable: true,
        message: expect.stringMatching(new RegExp(`${volume}.*${estate[volume]}`)) as string,
      });
    },
  );

  it('refuses a job that is declared differently here, naming what differs', async () => {
    const request = await estate.request('save');
    await estate.change({ jobs: { save: snapshotJob({ exclude: ['scratch'] }) } });
    await expect(decide(estate, request)).rejects.toMatchObject({
      type: 'EstateSkew',
      nonRetryable: true,
      message: expect.stringContaining('jobs.save.exclude') as string,
    });
  });

  it('refuses a job of another estate', async () => {
    const request = { ...(await estate.request('save')), estate: 'other' };
    await expect(decide(estate, request)).rejects.toMatchObject({
      type: 'UnknownJob',
      nonRetryable: true,
    });
  });
});

it('the first step of a mirror lets a paused job rest', async () => {
  const copy = { kind: 'mirror', volume: 'flux', remote: 'cloud', paused: true };
  const remotes = { cloud: { type: 'local', path: join(await temporaryFolder(), 'cloud') } };
  const estate = await makeResticEstate({ jobs: { copy }, remotes });
  try {
    const request = await estate.request('copy');
    expect(await estate.run(estate.activities.planMirror, request)).toEqual({
      refused: { reason: 'the estate pauses job copy' },
    });
    const forced = await estate.run(estate.activities.planMirror, { ...request, force: true });
    expect(forced).not.toHaveProperty('refused');
  } finally {
    await estate.remove();
  }
});

describe('room', () => {
  const request = { estate: 'testbed', job: 'save', declaration: { digest: '', keys: {} } };

  /** Admission on a host whose volumes have that much room; `space` is the one that is written to. */
  async function admitWith(
    space: { freeBytes?: number; totalBytes?: number },
    flux = {},
  ): Promise<Admission> {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await writeFile(file, JSON.stringify(estateWith({})));
    const loaded = await loadEstate(file);
    const { admitJob } = createAdmissionActivities({
      isBeingRebuilt: () => Promise.resolve(false),
      host: 'here',
      current: () => Promise.resolve(loaded),
      guard: () => ({
        require: (volume) =>
          Promise.resolve({ mountpoint: `/${volume}`, ...(volume === 'space' ? space : flux) }),
      }),
    });
    return mockActivity().run(admitJob, { ...request, declaration: declarationOf(loaded.estate, 'save') });
  }

  const GIB = 1024 ** 3;
  it.each([
    ['a large volume with a gibibyte', { totalBytes: 1000 * GIB, freeBytes: GIB }],
    ['a small one with a fiftieth', { totalBytes: GIB, freeBytes: Math.ceil(GIB / 50) }],
    ['one of which it is not known', {}],
  ])('is enough on %s', async (_, space) => {
    expect(await admitWith(space, { totalBytes: GIB, freeBytes: 0 })).toEqual({ admitted: true });
  });

  it.each([
    ['a large volume with less than a gibibyte', { totalBytes: 1000 * GIB, freeBytes: GIB - 1 }],
    ['a small one with less than a fiftieth', { totalBytes: GIB, freeBytes: Math.floor(GIB / 50) }],
  ])('is missing on %s', async (_, space) => {
    await expect(admitWith(space)).rejects.toMatchObject({
      type: 'DestinationFull',
      nonRetryable: true,
      message: expect.stringContaining('volume space at /space') as string,
      details: [{ hint: expect.stringContaining('room') as string }],
    });
  });

  it('is looked for by the first step of a snapshot before it opens the repository', async () => {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await writeFile(file, JSON.stringify(estateWith({})));
    const loaded = await loadEstate(file);
    const { takeSnapshot } = createResticActivities({
      ...{ host: 'here', state: new State(await temporaryFolder(), 'testbed'), openReport, realName },
      isBeingRebuilt: () => Promise.resolve(false),
      lastSuccess: () => Promise.resolve(undefined),
      prunedNames: prunedNames(new State(await temporaryFolder(), 'testbed')),
      current: () => Promise.resolve(loaded),
      guard: () => ({
        require: (volume) =>
          Promise.resolve({
            mountpoint: `/${volume}`,
            totalBytes: GIB,
            freeBytes: volume === 'space' ? 0 : GIB,
          }),
      }),
      open: () => Promise.reject(new Error('it was opened')),
    });
    await expect(
      mockActivity().run(takeSnapshot, { ...request, declaration: declarationOf(loaded.estate, 'save') }),
    ).rejects.toMatchObject({ type: 'DestinationFull' });
  });

  // Needs root, loop devices and mkfs.ext4; skipped, and reported as such, where they are not to be had.
  it.runIf(canMount)('is measured on the real filesystem', async () => {
    const folder = await temporaryFolder();
    const space = join(folder, 'space');
    await mkdir(space);
    const disk = await makeLoopDevice(join(folder, 'space.img'), 'space');
    try {
      await disk.mount(space);
      const file = join(folder, 'estate.yaml');
      await writeFile(
        file,
        JSON.stringify(estateWith({ mountpoint: space, filesystem: 'ext4', label: 'space' })),
      );
      const loaded = await loadEstate(file);
      const state = new State(join(folder, 'state'), 'testbed');
      for (const volume of ['flux', 'space']) await provisionVolume({ state, loaded, volume });
      const { admitJob } = createAdmissionActivities({
        isBeingRebuilt: () => Promise.resolve(false),
        host: 'here',
        current: () => Promise.resolve(loaded),
        guard: () => createVolumeGuard({ state, loaded }),
      });
      const admit = (): Promise<Admission> =>
        mockActivity().run(admitJob, { ...request, declaration: declarationOf(loaded.estate, 'save') });
      expect(await admit()).toEqual({ admitted: true });

      const { bavail, bsize } = await statfs(space);
      await execa('fallocate', ['--length', String(bavail * bsize - 100 * 1024), join(space, 'big')]);
      await expect(admit()).rejects.toMatchObject({ type: 'DestinationFull' });
      await execa('dd', ['if=/dev/zero', `of=${join(space, 'rest')}`, 'bs=4k'], { reject: false });
      await expect(admit()).rejects.toMatchObject({ type: 'DestinationFull' });
    } finally {
      await disk.remove();
    }
  });
});

const estateWith = (space: Record<string, unknown>): object => ({
  estate: 'testbed',
  timezone: 'Etc/UTC',
  hosts: { here: { platform: 'linux' } },
  volumes: {
    flux: { host: 'here', mountpoint: './flux', filesystem: 'directory' },
    space: { host: 'here', mountpoint: './space', filesystem: 'directory', ...space },
  },
  repositories: { local: { host: 'here', volume: 'space', path: 'restic', password: 'password' } },
  jobs: { save: snapshotJob() },
});
