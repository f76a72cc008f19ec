import { mkdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { FtsError } from '../../domain/failures.js';
import type { ProvisionResult } from '../../domain/provision.js';
import { SENTINEL_NAME } from '../../domain/sentinel.js';
import type { LoadedEstate } from '../../estate/load.js';
import type { Volume } from '../../estate/schema.js';
import { crashPoint } from '../crash-point.js';
import type { State } from '../state.js';
import { adopt, makeByHand, type Sight, writeFailure } from './adoption.js';
import { faultProblem } from './fault.js';
import { filesystemTag } from './filesystem.js';
import { createVolumeGuard, unavailable } from './guard.js';
import { holdsNothing, makeFolders, setOwner, writeSentinel } from './install.js';
import { examineMount, type Ground, type VolumeProblem } from './mount.js';
import { volumePlace } from './place.js';
import { probeRoot, type ProbeReport } from './probe-run.js';
import { currentBoot, readVolumeRecord, type VolumeRecord, writeVolumeRecord } from './record.js';

/** The writes of a provisioning, in their order. */
export type ProvisionStep = 'root' | 'folders' | 'owner' | 'sentinel' | 'record';

export interface ProvisionOptions {
  state: State;
  loaded: LoadedEstate;
  volume: string;
  /** Called after each step; tests break off there. */
  onStep?: (step: ProvisionStep) => void;
  deadlineMs?: number;
}

/**
 * Makes a `directory` volume, or adopts a mounted filesystem of the declared type and label. All that could forbid it
 * is looked at before the first write. The sentinel comes after all that it promises, and in one piece; the host's
 * record, without which the guard lets no job in, comes last. So a crash at any line leaves no sentinel or a valid
 * one, and the next run does the rest. A run that finds all in place writes nothing. Fails with `UnknownVolume`,
 * `VolumeUnavailable`, `PathUnsafe`, `DestinationFull`, `StateCorrupt`.
 */
export async function provisionVolume({
  state,
  loaded,
  volume,
  onStep = (step) => {
    crashPoint('provision', step);
  },
  deadlineMs = 10_000,
}: ProvisionOptions): Promise<ProvisionResult> {
  const { declared, mountpoint } = volumePlace(loaded, volume);
  const place: Place = { volume, mountpoint, declared, deadlineMs };
  const record = await readVolumeRecord(state, volume);
  try {
    const ground = await requireGround(place);
    if (await makeRoot(place, record)) onStep('root');
    const { root, sentinel } = await lookInside(place);
    const now = new Date().toISOString();
    const boot = await currentBoot();
    const { estate } = loaded.estate;
    const isEmpty = await holdsNothing(mountpoint, declared.directories);
    const sight = { estate, volume, mountpoint, ground, root, sentinel, record, isEmpty, boot, now };
    const adoption = adopt(sight);
    if ('state' in adoption) throw refusal(place, adoption);

    const directories = await makeFolders(mountpoint, declared.directories);
    onStep('folders');
    const ownerNotes = declared.owner ? await setOwner(mountpoint, declared.directories, declared.owner) : [];
    onStep('owner');
    if (adoption.sentinel) await writeSentinel(mountpoint, adoption.sentinel);
    onStep('sentinel');
    if (!isDeepStrictEqual(record, adoption.record)) await writeVolumeRecord(state, volume, adoption.record);
    onStep('record');

    const condition = await createVolumeGuard({ state, loaded, deadlineMs }).inspect(volume, {
      write: false,
    });
    if (condition.state !== 'healthy') throw unavailable(condition);
    return {
      volume,
      mountpoint,
      filesystemUuid: ground.filesystemUuid,
      created: adoption.sentinel !== undefined,
      directories,
      notes: [...adoption.notes, ...ownerNotes],
    };
  } catch (error) {
    throw writeFailure(error, volume, mountpoint) ?? error;
  }
}

interface Place {
  volume: string;
  mountpoint: string;
  declared: Volume;
  deadlineMs: number;
}

const refusal = ({ volume, mountpoint }: Place, problem: VolumeProblem): FtsError =>
  unavailable({ volume, mountpoint, ...problem });

/** The declared filesystem, mounted and writable; what is under a `directory` volume, whatever that is. */
async function requireGround(place: Place): Promise<Ground> {
  const { declared, volume, mountpoint, deadlineMs } = place;
  const { filesystem, label } = declared;
  const ground = await examineMount(declared, mountpoint, deadlineMs);
  if ('state' in ground) {
    if (ground.state !== 'missing') throw refusal(place, ground);
    throw refusal(place, { ...ground, hint: makeByHand(filesystem, label, volume, mountpoint) });
  }
  if (ground.readOnly) throw refusal(place, { state: 'read-only', found: 'it is mounted read-only' });
  if (label === undefined || filesystem === 'directory' || !ground.mount) return ground;
  const actual = await filesystemTag(ground.mount, 'LABEL', deadlineMs);
  if (actual?.kind === 'known' && actual.value === label) return ground;
  const found = actual?.kind === 'known' ? `is labelled ${actual.value}` : 'has no label that can be read';
  throw refusal(place, {
    state: 'wrong',
    found: `the filesystem on ${ground.mount.source} ${found}, and label ${label} is declared`,
    hint: 'mount the right one, relabel this one, or correct the estate',
  });
}

/**
 * Makes the folder of a `directory` volume if there is none. Not where this host knows one: then what holds it is
 * away, and an empty folder in its place would be taken for the volume.
 */
async function makeRoot(place: Place, record: VolumeRecord | undefined): Promise<boolean> {
  const { mountpoint, declared, deadlineMs, volume } = place;
  if (declared.filesystem !== 'directory') return false;
  const { fault } = await probeRoot({ root: mountpoint }, deadlineMs);
  if (fault?.step !== 'root' || fault.code !== 'ENOENT') return false;
  if (record?.mountpoint === mountpoint) {
    throw refusal(place, {
      state: 'missing',
      found: `the folder that this host has known since ${record.created} does not exist`,
      hint: `is what holds it not mounted? To begin anew: mkdir -p ${mountpoint}, then \`fts provision ${volume}\``,
    });
  }
  await mkdir(mountpoint, { recursive: true, mode: 0o755 });
  return true;
}

/** The root and its sentinel, if it has one; refuses links and all that does not answer as a folder should. */
async function lookInside(place: Place): Promise<Pick<Sight, 'root' | 'sentinel'>> {
  const { mountpoint, deadlineMs } = place;
  const { root, sentinel, fault }: ProbeReport = await probeRoot({ root: mountpoint }, deadlineMs);
  if (fault?.step === 'sentinel' && fault.code === 'ENOENT' && root) return { root, sentinel: undefined };
  if (fault && (fault.code === 'LINK' || fault.code === 'KIND')) {
    const what = fault.step === 'sentinel' ? `${mountpoint}/${SENTINEL_NAME}` : mountpoint;
    throw new FtsError(
      'PathUnsafe',
      `${what} cannot be used: ${fault.message}`,
      'remove it, or declare another place',
    );
  }
  if (fault) throw refusal(place, faultProblem(fault));
  if (!root) throw refusal(place, { state: 'unknown', found: 'the look at it came to no result' });
  return { root, sentinel };
}
