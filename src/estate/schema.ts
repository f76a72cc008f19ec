import { z } from 'zod';
import { estateName, name, operatorName, reference, timezone, writableRoot } from './scalars.js';
import { Device, Notification, OperatorKey } from './sections/clients.js';
import { Host } from './sections/hosts.js';
import { Job } from './sections/jobs.js';
import { Remote } from './sections/remotes.js';
import { Repository } from './sections/repositories.js';
import { Secrets } from './sections/secrets.js';
import { Share, Volume } from './sections/volumes.js';

const isNotEmpty = (entries: object): boolean => Object.keys(entries).length > 0;

/**
 * The estate file. It checks each value on its own; what holds between several values is in `rules/`.
 * Durations become seconds, sizes bytes, shares and fractions numbers from 0 to 1.
 */
export const EstateSchema = z
  .strictObject({
    estate: estateName.meta({ description: 'Prefix of workflow and schedule ids.' }),
    timezone: timezone.meta({
      description: 'IANA time zone of every schedule.',
      examples: ['Europe/Berlin'],
    }),
    hosts: z
      .record(name, Host)
      .refine(isNotEmpty, { error: 'at least one host' })
      .meta({ description: 'The machines.' }),
    volumes: z
      .record(name, Volume)
      .refine(isNotEmpty, { error: 'at least one volume' })
      .meta({ description: 'The filesystems that hold data.' }),
    shares: z.record(name, Share).default({}).meta({ description: 'Samba shares.' }),
    repositories: z.record(name, Repository).default({}).meta({ description: 'restic repositories.' }),
    remotes: z.record(name, Remote).default({}).meta({ description: 'rclone remotes.' }),
    jobs: z.record(name, Job).default({}).meta({ description: 'What is to be done, and when.' }),
    secrets: Secrets.optional().meta({ description: 'Where secrets come from.' }),
    devices: z.record(reference('host'), Device).default({}).meta({ description: 'Clients, by host.' }),
    notify: z.array(Notification).default([]).meta({ description: 'Who is told.' }),
    operators: z
      .record(operatorName, OperatorKey)
      .default({})
      .meta({ description: 'Who may approve from elsewhere.' }),
    restoreRoots: z
      .record(reference('host'), z.array(writableRoot))
      .default({})
      .meta({ description: 'Host: folders below which restores may write.' }),
  })
  .meta({ title: 'Estate of Flux-Time-Space' });

type Parsed = z.output<typeof EstateSchema>;

export type Host = z.output<typeof Host>;
export type Volume = z.output<typeof Volume>;
/** Exactly one of volume and path, url, remote and path; the loader sees to it and fills in the host. */
export type Repository = z.output<typeof Repository> & { host: string };
export type Job = z.output<typeof Job>;
export type SnapshotJob = Extract<Job, { kind: 'snapshot' }>;
export type BackupJob = Extract<Job, { kind: 'backup' }>;
export type DrillJob = Extract<Job, { kind: 'drill' }>;

/** A valid estate. Maps are by name and empty when the file leaves them out. */
export type Estate = Omit<Parsed, 'repositories'> & { repositories: Record<string, Repository> };
