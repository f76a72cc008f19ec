import { DRILL_CYCLE_SECONDS, DRILL_GAP_SECONDS } from '../domain/drill-coverage.js';
import { longestGapSeconds } from './cron.js';
import { repositoryOf, savingJobs, volumeOf } from './lookup.js';
import { splitVolumePath } from './paths.js';
import type { DrillJob, Estate } from './schema.js';
import { sloSeconds } from './slo.js';

/** Files and bytes that are restored of a snapshot unless the job says otherwise. */
const SAMPLE_FILES = 25;
const SAMPLE_BYTES = 1024 ** 3;

/** What a drill does with each snapshot. */
export interface DrillTerms {
  sample: number;
  sampleBytes: number;
  cycleSeconds: number;
  gapSeconds: number;
}

export const drillTerms = (job: DrillJob, timezone: string): DrillTerms => ({
  sample: job.sample ?? SAMPLE_FILES,
  sampleBytes: job.sampleBytes ?? SAMPLE_BYTES,
  cycleSeconds: job.cycle ?? DRILL_CYCLE_SECONDS,
  gapSeconds: job.cron === undefined ? DRILL_GAP_SECONDS : longestGapSeconds(job.cron, timezone),
});

/** Whose snapshots a repository holds, as far as the estate knows. */
export interface DeclaredSource {
  /** The job that makes them; undefined for a repository that no job saves to. */
  job?: string;
  volume?: string;
  /** Whether the volume is one of the repository's host, so that it can be compared with. */
  isHere: boolean;
  /** Whether snapshots of any one path are of this volume. */
  only: boolean;
  /** A snapshot that is older is too old: the job's SLO, else the drill's own; undefined if neither is declared. */
  maxAgeSeconds?: number;
  /** Folders whose subfolders are projects, as their names below the volume's root. */
  folders: string[][];
}

/** The sources of a drill's repository, one for each job that saves to it. */
export function drillSources(estate: Estate, drill: DrillJob): DeclaredSource[] {
  const { timezone } = estate;
  const saving = savingJobs(estate, drill.repository);
  const own = sloSeconds(drill, timezone);
  if (saving.length === 0)
    return [{ isHere: false, only: false, folders: [], ...(own !== undefined && { maxAgeSeconds: own }) }];
  const only = new Set(saving.map(([, { volume }]) => volume)).size === 1;
  const { host } = repositoryOf(estate, drill.repository);
  return saving.map(([job, declared]) => {
    const { volume } = declared;
    const maxAgeSeconds = sloSeconds(declared, timezone) ?? own;
    return {
      ...{ job, volume, only },
      isHere: volumeOf(estate, volume).host === host,
      ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
      folders: projectFolders(estate, volume),
    };
  });
}

function projectFolders(estate: Estate, volume: string): string[][] {
  const graduated = Object.values(estate.jobs).flatMap((job) => {
    if (job.kind !== 'graduation') return [];
    const from = splitVolumePath(job.from);
    return from.volume === volume ? [from.path] : [];
  });
  const declared = volumeOf(estate, volume).directories;
  return [...declared, ...graduated].map((path) =>
    path.split('/').filter((name) => name !== '' && name !== '.'),
  );
}
