import { type ExpectedRoot, rootProblem } from '../../domain/sentinel.js';
import { faultProblem } from './fault.js';
import type { Ground, VolumeProblem } from './mount.js';
import type { ProbeReport } from './probe-run.js';
import { recordedFolder, type VolumeRecord } from './record.js';

/** All that was seen of a volume, and what it must be. */
export interface Evidence {
  report: ProbeReport;
  ground: Ground;
  record: VolumeRecord | undefined;
  expected: ExpectedRoot;
}

/** What is wrong with the volume, the gravest first; undefined if it is the declared one, alive and writable. */
export function judge({ report, ground, record, expected }: Evidence): VolumeProblem | undefined {
  const { fault, root, sentinel } = report;
  const hidden = root && hiddenMount(ground, root.device);
  if (hidden) return hidden;
  if (fault && fault.step !== 'write') return faultProblem(fault);
  if (!root || sentinel === undefined) return { state: 'unknown', found: 'the look at it came to no result' };
  const found = rootProblem({ ...root, sentinel }, expected);
  if (found !== undefined) return { state: 'wrong', found };
  if (record === undefined)
    return { state: 'wrong', found: 'its sentinel is right, but this host has no record of it' };
  if (fault) return faultProblem(fault);
  return ground.readOnly ? { state: 'read-only', found: 'it is mounted read-only' } : undefined;
}

/** The mount table has it, and still the path leads elsewhere: something was mounted further up. */
function hiddenMount({ filesystemUuid, mount }: Ground, device: string): VolumeProblem | undefined {
  if (filesystemUuid === null || !mount || mount.type === 'btrfs' || device === mount.device)
    return undefined;
  return { state: 'wrong', found: `another filesystem (device ${device}) hides ${mount.source} there` };
}

/** Tells before the root is touched that something else is mounted there than what this host knows. */
export function otherFilesystem(ground: Ground, record: VolumeRecord | undefined): VolumeProblem | undefined {
  if (record === undefined || ground.filesystemUuid === null) return undefined;
  if (record.filesystemUuid !== ground.filesystemUuid) {
    const known = record.filesystemUuid === null ? 'a plain folder' : `filesystem ${record.filesystemUuid}`;
    return {
      state: 'wrong',
      found: `filesystem ${ground.filesystemUuid} is mounted there, and this host knows ${known}`,
    };
  }
  const { subvolume = '/' } = record;
  if (ground.mount === undefined || ground.mount.root === subvolume) return undefined;
  return {
    state: 'wrong',
    found: `subvolume ${ground.mount.root} is mounted there, and this host knows ${subvolume}`,
  };
}

/** What the root must be, by the estate and by the host's record. */
export function expectedRoot({
  estate,
  volume,
  ground: { filesystemUuid },
  record,
  boot,
}: Pick<Evidence, 'ground' | 'record'> & {
  estate: string;
  volume: string;
  boot: string | undefined;
}): ExpectedRoot {
  const expected = { estate, volume, filesystemUuid };
  return record ? { ...expected, created: record.created, ...recordedFolder(record, boot) } : expected;
}

/** The problem with what to do about it, where the operator decides. */
export function withHint(
  volume: string,
  record: VolumeRecord | undefined,
  problem: VolumeProblem,
): VolumeProblem {
  if (problem.hint !== undefined) return problem;
  if (problem.state === 'dead')
    return { ...problem, hint: 'see `dmesg`; once the disk is back, unmount and mount it' };
  if (problem.state !== 'wrong' && problem.state !== 'missing') return problem;
  const command = `fts provision ${volume}`;
  if (record === undefined) return { ...problem, hint: `run \`${command}\`` };
  const back = 'bring back what this host recorded';
  if (problem.state === 'missing' && record.filesystemUuid === null) {
    const anew = `mkdir -p ${record.mountpoint}, then \`${command}\``; // which makes no folder that it has known
    return { ...problem, hint: `${back}: is what holds it not mounted? To begin anew: ${anew}` };
  }
  return { ...problem, hint: `${back}; or, if this is to be the volume from now on, run \`${command}\`` };
}
