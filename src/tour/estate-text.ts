import { hostname } from 'node:os';

/** Buckets of the sandbox's cloud. */
export const BUCKETS = { backups: 'sandbox-backups', mirror: 'sandbox-mirror' } as const;

/** Times that are short, so that the tour need not wait (seconds). */
export const INACTIVE_SECONDS = 15;
export const OLD_SECONDS = 5;

/** Files that a purge of the sandbox deletes without asking. */
export const PURGE_LIMIT = 10;

/** The sandbox's estate, from which a newcomer can copy. `cloudPort` is where its B2 listens. */
export const estateText = (
  cloudPort: number,
): string => `# A sandbox: two folders stand for two drives, and a server on this machine for Backblaze B2.
estate: sandbox
timezone: ${Intl.DateTimeFormat().resolvedOptions().timeZone}

hosts:
  here: { platform: ${process.platform === 'darwin' ? 'macos' : 'linux'}, hostname: ${JSON.stringify(hostname())} }

volumes:
  flux: { host: here, mountpoint: ./flux, filesystem: directory, directories: [active, scratch] }
  space: { host: here, mountpoint: ./space, filesystem: directory, directories: [projects, snapshots] }

remotes:
  backups:
    type: b2
    path: ${BUCKETS.backups} # a bucket
    options: { endpoint: "http://127.0.0.1:${String(cloudPort)}" } # with an account at Backblaze: leave it out
    secrets: { account: b2-restic-id, key: b2-restic-key }
  space-mirror:
    type: b2
    path: ${BUCKETS.mirror} # another bucket, and a key that can delete nothing for good
    options: { endpoint: "http://127.0.0.1:${String(cloudPort)}" }
    secrets: { account: b2-mirror-id, key: b2-mirror-key }

repositories:
  flux-local: { host: here, volume: space, path: snapshots/flux-local, password: restic-password }
  flux-b2: { host: here, remote: backups, path: flux, password: restic-password }

jobs:
  flux-snapshot:
    { kind: snapshot, volume: flux, repository: flux-local, cron: "0 * * * *", keep: { hourly: 24, daily: 7 }, exclude: [scratch] }
  flux-backup:
    { kind: backup, volume: flux, repository: flux-b2, cron: "0 5 * * *", keep: { daily: 7, weekly: 4, monthly: 12 }, exclude: [scratch] }
  space-mirror:
    { kind: mirror, volume: space, remote: space-mirror, cron: "0 4 * * *" }
  flux-b2-check:
    { kind: check, repository: flux-b2, cron: "0 6 * * *", readData: 1/7 }
  flux-drill:
    { kind: drill, repository: flux-b2, cron: "0 7 * * 6", sample: 25 }
  # Seconds, so that the tour need not wait. In earnest: inactive: 30d, olderThan: 7d.
  flux-graduation:
    { kind: graduation, from: flux/active, to: space/projects, cron: "0 3 * * *", inactive: ${String(INACTIVE_SECONDS)}s, keepSource: 7d }
  scratch-purge:
    { kind: purge, path: flux/scratch, cron: "30 3 * * *", olderThan: ${String(OLD_SECONDS)}s, limits: { deletes: ${String(PURGE_LIMIT)} } }

secrets: { provider: file, path: secrets.yaml }
`;
