import { z } from 'zod';
import {
  bandwidth,
  count,
  cron,
  duration,
  fraction,
  positiveCount,
  positiveSize,
  reference,
  relativePath,
  share,
  size,
  text,
  volumePath,
} from '../scalars.js';

const timing = {
  cron: cron.optional(),
  jitter: duration('Starts at random within this time after the due time.').optional(),
  slo: duration(
    "Overdue when the last success is older; by default 1.5 times the cron's longest gap, at least 2 h.",
  ).optional(),
  paused: z
    .boolean()
    .default(false)
    .meta({ description: 'Its schedule is made paused, and it runs only by force.' }),
};

const excludes = {
  exclude: z
    .array(relativePath)
    .default([])
    .meta({ description: "Literal paths relative to the volume's root; a folder means everything in it." }),
  excludePatterns: z
    .array(text('a pattern'))
    .default([])
    .meta({ description: "Patterns in the tool's own syntax." }),
};

const Bandwidth = bandwidth.optional().meta({
  description: "A limit or a timetable of limits, as rclone's --bwlimit takes it.",
  examples: ['08:00,2M 23:00,off'],
});

const Limits = z
  .strictObject({
    deletes: count().optional().meta({ description: 'Files deleted at most.' }),
    deleteBytes: size('Bytes deleted at most.').optional(),
    deleteShare: share('Share of the files deleted at most.').optional(),
    changeShare: share('Share of the files changed at most.').optional(),
  })
  .optional()
  .meta({ description: 'What goes beyond these waits for a person.' });

const kept = (which: string) =>
  count()
    .optional()
    .meta({ description: `How many ${which} snapshots stay.` });

const Keep = z
  .strictObject({
    last: kept('newest'),
    hourly: kept('hourly'),
    daily: kept('daily'),
    weekly: kept('weekly'),
    monthly: kept('monthly'),
    yearly: kept('yearly'),
  })
  .meta({ description: 'How many snapshots stay, at least one of these. The three newest always do.' });

const toRepository = {
  volume: reference('volume').meta({ description: 'The volume that is saved.' }),
  repository: reference('repository').meta({ description: 'The repository it is saved to.' }),
  keep: Keep,
  ...excludes,
  bandwidth: Bandwidth,
};

const ofRepository = {
  repository: reference('repository').meta({ description: 'The repository that is looked into.' }),
};

const SnapshotJob = z.strictObject({ kind: z.literal('snapshot'), ...toRepository, ...timing });
const BackupJob = z.strictObject({ kind: z.literal('backup'), ...toRepository, ...timing });

const MirrorJob = z.strictObject({
  kind: z.literal('mirror'),
  volume: reference('volume').meta({ description: 'The volume that is mirrored.' }),
  remote: reference('remote').meta({ description: 'The remote that becomes equal to it.' }),
  ...excludes,
  bandwidth: Bandwidth,
  limits: Limits,
  ...timing,
});

const GraduationJob = z.strictObject({
  kind: z.literal('graduation'),
  from: volumePath.meta({ description: 'The folder whose cold projects go.', examples: ['flux/active'] }),
  to: volumePath.meta({ description: 'The folder they go to.', examples: ['space/projects'] }),
  inactive: duration('A project in which nothing changed for this long is cold.'),
  keepSource: duration('How long the hidden source stays.').optional(),
  onConflict: z.enum(['refuse', 'date']).default('refuse').meta({
    description:
      'When the destination exists: the project stays, and counts in no limit; or gets a dated name.',
  }),
  limits: Limits,
  ...timing,
});

const PurgeJob = z.strictObject({
  kind: z.literal('purge'),
  path: volumePath.meta({
    description: 'The folder in which old files are deleted.',
    examples: ['flux/scratch'],
  }),
  olderThan: duration('Files that did not change for this long go.'),
  limits: Limits,
  ...timing,
});

const CheckJob = z.strictObject({
  kind: z.literal('check'),
  repository: reference('repository')
    .optional()
    .meta({ description: 'The repository that is checked; either this or a remote.' }),
  remote: reference('remote')
    .optional()
    .meta({ description: 'The remote of a mirror, which is compared with its volume.' }),
  readData: fraction('Share of the data that each run reads, at least; by default 1/28.').optional(),
  ...timing,
});

const DrillJob = z.strictObject({
  kind: z.literal('drill'),
  ...ofRepository,
  sample: positiveCount
    .optional()
    .meta({ description: 'Files that each run restores of each snapshot; 25 unless said otherwise.' }),
  sampleBytes: positiveSize(
    'Bytes that a run restores of each snapshot, as far as it can choose: 1 GiB unless said otherwise.',
  ).optional(),
  cycle: duration(
    'Within this time every project is drilled at least once; 90 days unless said otherwise.',
  ).optional(),
  ...timing,
});

/** The schemas of all kinds, in the order of `JOB_KINDS`. */
export const JOB_MEMBERS = [
  SnapshotJob,
  BackupJob,
  MirrorJob,
  GraduationJob,
  PurgeJob,
  CheckJob,
  DrillJob,
] as const;

export const Job = z.discriminatedUnion('kind', JOB_MEMBERS);
