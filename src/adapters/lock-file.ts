import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FtsError } from '../domain/failures.js';
import { crashPoint } from './crash-point.js';
import { type ProcessRecord, isAlive, ownRecord } from './process-record.js';

/** Either the thing is ours until we give it up, or it is another's. */
type Claim =
  | { release: () => Promise<void>; owner?: undefined }
  | { release?: undefined; owner: Pick<ProcessRecord, 'pid' | 'startTicks'> };

/**
 * Makes this process the one owner of something that a file stands for, or answers with who is.
 *
 * Whoever wants it lays a claim of its own beside the file, named after its process, and has it if no other living
 * process has a claim. Two who come at once may both see the other's and both give way; never do both get it. A claim
 * whose process is gone counts for nothing and is removed: its name never comes again.
 */
export async function layClaim(file: string): Promise<Claim> {
  const { pid, startTicks } = await ownRecord();
  const own = `${basename(file)}.${String(pid)}.${String(startTicks ?? '')}.${randomUUID()}`;
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, own), `${new Date().toISOString()}\n`, { flag: 'wx' });
  crashPoint('claim-laid');
  const release = (): Promise<void> => rm(join(folder, own), { force: true });
  try {
    for (const claim of await readdir(folder)) {
      if (!claim.startsWith(`${basename(file)}.`) || claim === own) continue;
      const owner = claimant(claim.slice(basename(file).length + 1));
      if (owner !== undefined && (await isAlive(owner))) {
        await release();
        return { owner };
      }
      await rm(join(folder, claim), { force: true });
      crashPoint('claim-cleared');
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** Holds a lock where there is no flock(1). Returns its release. Fails with `Busy`. */
export async function holdLockFile(file: string): Promise<() => Promise<void>> {
  const claim = await layClaim(file);
  if (claim.owner === undefined) return claim.release;
  throw new FtsError(
    'Busy',
    `${file} is held by process ${String(claim.owner.pid)}; waiting for it to finish`,
  );
}

/** Whose claim has this name; undefined for what is none. */
function claimant(name: string): Pick<ProcessRecord, 'pid' | 'startTicks'> | undefined {
  const [pid = '', startTicks = ''] = name.split('.');
  if (!/^[1-9]\d*$/.test(pid)) return undefined;
  return { pid: Number(pid), ...(/^\d+$/.test(startTicks) && { startTicks: Number(startTicks) }) };
}
