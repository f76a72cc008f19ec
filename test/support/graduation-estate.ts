import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { stringify } from 'yaml';
import {
  type GraduationDependencies,
  type Graduated,
  createGraduationActivities,
} from '../../activities/graduation.js';
import { createRecallActivities } from '../../activities/recall.js';
import type { GraduationStep } from '../../src/adapters/graduation/context.js';
import { createGraduation } from '../../src/adapters/graduation.js';
import { judgePlan } from '../../src/adapters/holds.js';
import { planRecall, recallProject } from '../../src/adapters/recall.js';
import { openReport } from '../../src/adapters/report.js';
import { State } from '../../src/adapters/state.js';
import { createVolumeGuard } from '../../src/adapters/volume/guard.js';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import type { HiddenSources } from '../../src/domain/graduation.js';
import type { RecallPlan, RecallResult } from '../../src/domain/recall.js';
import { declarationOf } from '../../src/estate/declaration.js';
import { loadEstate } from '../../src/estate/load.js';

const silent = new DefaultLogger('ERROR', () => undefined);
const DAY_MS = 24 * 3_600_000;

export interface GraduationRun {
  /** Days from now at which it takes place; 40 make everything cold that no test gives a later time. */
  days?: number;
  run?: string;
  /** `graduation`, or `other`, which is declared like it. */
  job?: string;
  /** What the destination is said to have left. */
  freeBytes?: number;
  onStep?: (step: GraduationStep) => void | Promise<void>;
  /** At this step the run is cancelled, or ended for another reason of Temporal's. */
  cancelAt?: GraduationStep;
  cancelReason?: 'CANCELLED' | 'WORKER_SHUTDOWN';
}

/** Two `directory` volumes, on filesystems of their own if `mount` sees to it, flux with `active` and space with `projects`, and the graduation of their host. */
export async function makeGraduationEstate(
  more: Record<string, unknown> = {},
  mount: (folder: string) => Promise<void> = () => Promise.resolve(),
) {
  const folder = await mkdtemp(join(tmpdir(), 'fts-graduation-'));
  await mount(folder);
  const file = join(folder, 'estate.yaml');
  const job = {
    kind: 'graduation',
    from: 'flux/active',
    to: 'space/projects',
    inactive: '30d',
    keepSource: '7d',
    ...more,
  };
  const volume = (name: string, directory: string) => ({
    host: 'here',
    mountpoint: `./${name}`,
    filesystem: 'directory',
    directories: [directory],
  });
  const estate = {
    estate: 'testbed',
    timezone: 'Etc/UTC',
    hosts: { here: { platform: 'linux' } },
    volumes: { flux: volume('flux', 'active'), space: volume('space', 'projects') },
    jobs: { graduation: job, other: job },
  };
  await writeFile(file, stringify(estate));
  const loaded = await loadEstate(file);
  const state = new State(join(folder, 'state'), 'testbed');
  for (const name of ['flux', 'space']) await provisionVolume({ state, loaded, volume: name });
  const requestOf = (name: string) => ({
    estate: 'testbed',
    job: name,
    declaration: declarationOf(loaded.estate, name),
  });
  const request = requestOf('graduation');
  const [active, projects] = [join(folder, 'flux', 'active'), join(folder, 'space', 'projects')];

  const activities = ({ days = 40, onStep, freeBytes }: GraduationRun) => {
    const dependencies: GraduationDependencies = {
      ...{ host: 'here', state, openReport, judge: judgePlan },
      ...createGraduation(state),
      current: () => Promise.resolve(loaded),
      guard: () => {
        const guard = createVolumeGuard({ state, loaded, retryDelaysMs: [] });
        if (freeBytes === undefined) return guard;
        return { require: async (...asked) => ({ ...(await guard.require(...asked)), freeBytes }) };
      },
      now: () => new Date(Date.now() + days * DAY_MS),
      ...(onStep && { onStep }),
    };
    return {
      ...createGraduationActivities(dependencies),
      ...createRecallActivities({ ...dependencies, plan: planRecall, recall: recallProject }),
    };
  };
  const inRun = (run: string) =>
    new MockActivityEnvironment(
      { workflowExecution: { workflowId: 'testbed/graduation', runId: run } },
      { logger: silent },
    );

  return {
    ...{ folder, active, projects, state, loaded, request },
    graduated: join(folder, 'flux', '.fts', 'graduated'),
    /** Where copies of the archive are hidden whose projects were recalled. */
    leftBehind: join(folder, 'space', '.fts', 'graduated'),
    /** Where recalls stage. */
    backStaging: join(folder, 'flux', '.fts', 'staging'),
    staging: join(folder, 'space', '.fts', 'staging'),
    /** Makes a project of a few files; its path. */
    project: async (name: string, content = 'work'): Promise<string> => {
      const path = join(active, name);
      await mkdir(join(path, 'deep', 'er'), { recursive: true });
      await writeFile(join(path, 'notes'), content);
      await writeFile(join(path, 'deep', 'er', 'data'), content.repeat(1000));
      return path;
    },
    graduate: (options: GraduationRun = {}): Promise<Graduated> => {
      const { cancelAt, cancelReason } = options;
      const environment = inRun(options.run ?? 'run-1');
      const cancelling = (step: GraduationStep): void => {
        if (step === cancelAt) environment.cancel(cancelReason);
      };
      const { graduateProjects } = activities({ ...options, ...(cancelAt && { onStep: cancelling }) });
      return environment.run(graduateProjects, requestOf(options.job ?? 'graduation'));
    },
    sweep: (options: GraduationRun = {}): Promise<HiddenSources> =>
      inRun(options.run ?? 'run-1').run(activities(options).sweepSources, request),
    recall: (project: string, options: GraduationRun = {}): Promise<RecallResult> =>
      inRun(options.run ?? 'recall-1').run(activities(options).recallProject, { ...request, project }),
    plan: (project: string, options: GraduationRun = {}): Promise<RecallPlan> =>
      inRun('plan').run(activities(options).planRecall, { ...request, project }),
    recalled: async () => (await createGraduation(state).openJournal('graduation')).recalled,
    journal: async () => (await createGraduation(state).openJournal('graduation')).moves,
    names: (path: string): Promise<string[]> =>
      readdir(path).then(
        (names) => names.sort(),
        () => [],
      ),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
export type GraduationEstate = Awaited<ReturnType<typeof makeGraduationEstate>>;
