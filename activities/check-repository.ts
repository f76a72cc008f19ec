import type { ResticCheckCall, ResticFindings } from '../src/adapters/restic/check.js';
import type { CheckResult, Subset } from '../src/domain/check.js';
import { coverage, nextSubset, partsFor, subsetText, withReading } from '../src/domain/check.js';
import type { RunError } from '../src/domain/job.js';
import { repositoryOf, volumesOfJob } from '../src/estate/lookup.js';
import type { CheckDependencies, CheckStep } from './check-step.js';
import { readCheckRecord, repositoryCheckFile, writeCheckRecord } from './check-record.js';
import { pruneBrokeOff } from './prune.js';
import { requireSameTree, requireVolumes } from './require-volumes.js';
import { seenNow } from './seen-repository.js';

/**
 * Has restic check a repository's structure and one part of its data, and remembers that the part was read.
 *
 * The part is read under no lock, so that hourly snapshots go on beside it for the hours that it may take. What others
 * do meanwhile can only look like an error (restic lists the snapshots before the packs, so that new ones do not;
 * a prune that takes packs away does): an error counts only if it is still there under the exclusive lock, which a run
 * asks for in that case alone. If the process dies on the way, the part was not read, and a suspicion stays one.
 */
export async function checkRepository(
  { state, open, checkWithRestic, withCache }: CheckDependencies,
  { loaded, job, jobName, guarded, tell, signal }: CheckStep & { job: { repository: string } },
): Promise<CheckResult & { failure?: RunError }> {
  const { repository } = job;
  const { estate } = loaded;
  const names = volumesOfJob(estate, jobName);
  const volumes = await requireVolumes(guarded, names, signal);
  const opened = await open(loaded, repository);
  const run: ResticCheckCall['run'] = (call) => opened.run({ ...call, signal });
  const id = await seenNow({
    ...{ state, repository },
    opened: { ...opened, run: (call) => run({ ...call, locked: false }) },
  });
  const file = repositoryCheckFile(repository);
  const record = await readCheckRecord(state, file, id);
  const subset = record.trouble?.subset ?? nextSubset(record.readings, partsFor(job.readData));

  const read = async (alongside: boolean): Promise<ResticFindings> => {
    const found = await withCache(jobName, (cache) =>
      checkWithRestic({
        ...{ repository, run, alongside, cache, subset: subsetText(subset) },
        onVolume: repositoryOf(estate, repository).volume !== undefined,
        onWaiting: (waiting) => {
          tell({ phase: 'check', waiting });
        },
      }),
    );
    for (const [name, { identity }] of volumes)
      requireSameTree(name, identity, await guarded.require(name, { signal }), 'check');
    return found;
  };

  const startedAt = new Date();
  const trouble = { at: startedAt.toISOString(), subset };
  const suspect = record.trouble !== undefined || (await pruneBrokeOff(state, repository));
  let found = suspect ? undefined : await read(true);
  if (found !== undefined && found.errors > 0) {
    const suspicion = { ...trouble, confirmed: false, errors: found.errors };
    await writeCheckRecord(state, file, { ...record, id, trouble: suspicion });
    found = undefined;
  }
  found ??= await read(false);

  if (found.errors === 0) {
    const readings = withReading(record.readings, subset, startedAt);
    await writeCheckRecord(state, file, { id, readings });
    return { subset: subsetText(subset), covered: coverage(readings, new Date()), errors: 0 };
  }
  const { errors } = found;
  await writeCheckRecord(state, file, { ...record, id, trouble: { ...trouble, confirmed: true, errors } });
  return {
    ...{ subset: subsetText(subset), covered: coverage(record.readings, new Date()), errors },
    first: found.messages.map((message) => ({ path: repository, message })),
    failure: damage({ repository, jobName, subset }, found),
  };
}

function damage(
  { repository, jobName, subset }: { repository: string; jobName: string; subset: Subset },
  { errors, messages, packs, repairIndex }: ResticFindings,
): RunError {
  const count = `${String(errors)} ${errors === 1 ? 'error' : 'errors'}`;
  const repairs = [
    ...(repairIndex ? ['`restic repair index`'] : []),
    ...(packs.length > 0 ? [`\`restic repair packs ${packs.join(' ')}\``] : []),
    '`restic repair snapshots --forget`',
  ];
  return {
    type: 'RepositoryDamaged',
    message: `repository ${repository}: restic found ${count} (structure, and part ${subsetText(subset)} of the data): ${messages[0] ?? ''}`,
    hint:
      `nothing is forgotten or pruned in it until \`fts run ${jobName}\` passes. Look at the disk or the remote first, ` +
      `copy the repository, then mend it: ${repairs.join(', ')} (restic's manual, "Troubleshooting")`,
  };
}
