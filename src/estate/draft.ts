import { z } from 'zod';
import type { Path } from './problem.js';
import { estateName, timezone, writableRoot } from './scalars.js';
import { Device } from './sections/clients.js';
import { Host } from './sections/hosts.js';
import { JOB_MEMBERS } from './sections/jobs.js';
import { Remote } from './sections/remotes.js';
import { Repository } from './sections/repositories.js';
import { Secrets } from './sections/secrets.js';
import { Share, Volume } from './sections/volumes.js';
import { valueAt } from './value-at.js';

const any = z.string();
const [snapshot, backup, mirror, graduation, purge, check, drill] = JOB_MEMBERS;

/** What is left of an estate without what is wrong in it: every entry may lack keys. Names are not judged again. */
const DraftSchema = z.object({
  estate: estateName.optional(),
  timezone: timezone.optional(),
  hosts: z.record(any, Host.partial()).default({}),
  volumes: z.record(any, Volume.partial()).default({}),
  shares: z.record(any, Share.partial()).default({}),
  repositories: z.record(any, Repository.partial()).default({}),
  remotes: z.record(any, Remote.partial()).default({}),
  jobs: z
    .record(
      any,
      z.discriminatedUnion('kind', [
        snapshot.partial().required({ kind: true }),
        backup.partial().required({ kind: true }),
        mirror.partial().required({ kind: true }),
        graduation.partial().required({ kind: true }),
        purge.partial().required({ kind: true }),
        check.partial().required({ kind: true }),
        drill.partial().required({ kind: true }),
      ]),
    )
    .default({}),
  secrets: Secrets.optional(),
  devices: z.record(any, Device.partial()).default({}),
  restoreRoots: z.record(any, z.array(writableRoot)).default({}),
});

export type Draft = z.output<typeof DraftSchema>;
export type DraftJob = Draft['jobs'][string];

/** Taking something out can uncover what hung on it, a level at a time. */
const ROUNDS = 4;

/**
 * The part of a wrong estate that can still be checked, so that one mistake does not hide others. `issues` are what
 * the schema found in `value`. Undefined if nothing can be made of it.
 */
export function draftOf(value: unknown, issues: readonly z.core.$ZodIssue[]): Draft | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const pruned: unknown = structuredClone(value);
  let wrong = issues;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const issue of wrong) prune(pruned, issue);
    const draft = DraftSchema.safeParse(pruned);
    if (draft.success) return draft.data;
    wrong = draft.error.issues;
  }
  return undefined;
}

function prune(root: unknown, issue: z.core.$ZodIssue): void {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part));
  if (issue.code === 'unrecognized_keys') for (const key of issue.keys) remove(root, [...path, key]);
  else if (issue.code === 'invalid_key' && path.length === 2) return;
  else if (issue.code === 'invalid_union' && 'discriminator' in issue) remove(root, path.slice(0, -1));
  else if (valueAt(root, path) === undefined && path.length > 3) remove(root, path.slice(0, -1));
  else remove(root, path);
}

/** Deletes a key; an element of a list takes the whole list with it, or the others would change places. */
function remove(root: unknown, path: Path): void {
  const last = path.at(-1);
  if (typeof last === 'number') {
    remove(root, path.slice(0, -1));
    return;
  }
  const parent = valueAt(root, path.slice(0, -1));
  if (last !== undefined && parent !== null && typeof parent === 'object')
    Reflect.deleteProperty(parent, last);
}
