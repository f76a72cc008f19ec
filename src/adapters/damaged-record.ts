import { basename, dirname } from 'node:path';
import { type FailureType, FtsError } from '../domain/failures.js';
import { shellWord } from '../domain/hold.js';

/** Away from where it is looked for, and kept. */
const moved = (file: string): string => `\`mv ${shellWord(file)} ${shellWord(`${file}.damaged`)}\``;

/** What to do about a damaged record, by the folder it lies in: what depends on it, and what it means to be without it. */
const REMEDIES: Record<string, (file: string, name: string) => string> = {
  approvals: (file) => `${moved(file)}, then approve again`,
  checks: (file) =>
    `${moved(file)}, then run the check again: it reads everything anew; prune nothing before it has passed`,
  graduation: (file) =>
    `bring it back if it is in a backup; or ${moved(file)}: no hidden source is deleted then, and what lies in .fts/graduated and .fts/staging of the volumes is yours to look through`,
  holds: (_, job) => `\`fts run ${job}\` plans anew and replaces it`,
  jobs: (file) => `${moved(file)}; that loses when the job last ended well, until it does again`,
  journal: (file) =>
    `the newest snapshot of the job may be incomplete: look at it (\`restic ls\`), tag it \`partial\` if it is; then ${moved(file)}`,
  plans: () => 'run the job again: it plans anew',
  repositories: (file) =>
    `see that the repository is there and is the right one (\`restic snapshots\`), then ${moved(file)}: the next run records the one that it finds`,
  retention: (file) =>
    `see that \`keep\` of the job is what you mean, then ${moved(file)}: the next run applies it at once`,
  volumes: (file, volume) =>
    `see that the right disk is mounted, then ${moved(file)} and run \`fts provision ${volume}\``,
};

/** The failure for a record that cannot be used. `relative` to the state. */
export const damagedRecord = (file: string, relative: string, found: string): FtsError => {
  const [folder = ''] = relative.split('/');
  const remedy = Object.hasOwn(REMEDIES, folder) ? REMEDIES[folder] : undefined;
  const hint = remedy?.(file, basename(relative, '.json')) ?? `${moved(file)}, and run it again`;
  return new FtsError('StateCorrupt', `the record ${file} cannot be used: ${found}`, hint);
};

/** What keeps a record from being written, and where it is put right. */
const OBSTACLES: Partial<Record<string, { type: FailureType; found: string }>> = {
  ENOSPC: { type: 'DestinationFull', found: 'its filesystem is full' },
  EDQUOT: { type: 'DestinationFull', found: "the user's quota there is used up" },
  ENOENT: { type: 'PermissionDenied', found: 'its folder cannot be made' }, // also said of a read-only one by mkdir
  EROFS: { type: 'PermissionDenied', found: 'its filesystem is read-only' },
  EACCES: { type: 'PermissionDenied', found: "the worker's user may not write there" },
  EPERM: { type: 'PermissionDenied', found: "the worker's user may not write there" },
  EISDIR: { type: 'StateCorrupt', found: 'a folder is in its place' },
  ERR_FS_EISDIR: { type: 'StateCorrupt', found: 'a folder is in its place' },
  ENOTDIR: { type: 'StateCorrupt', found: 'a file is in the place of its folder' },
  EEXIST: { type: 'StateCorrupt', found: 'a file is in the place of its folder' },
};

/** The failure for a record that cannot be replaced or removed; what is not the disk's fault passes unchanged. */
export function unwritableRecord(file: string, relative: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const obstacle = OBSTACLES[code];
  if (obstacle === undefined) return error;
  const { type, found } = obstacle;
  if (type === 'StateCorrupt') return damagedRecord(file, relative, found);
  const folder = shellWord(dirname(file));
  const hint =
    type === 'DestinationFull'
      ? `make room there (\`df -h ${folder}\`), then run it again`
      : `look at \`ls -ld ${folder}\` and at its mount; then run it again`;
  return new FtsError(type, `the record ${file} cannot be written: ${found}`, hint);
}
