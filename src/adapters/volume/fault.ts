import { OWN_FOLDER, SENTINEL_NAME } from '../../domain/sentinel.js';
import type { VolumeProblem } from './mount.js';
import type { ProbeFault, ProbeStep } from './probe-run.js';

/** Errors by which a filesystem says that its disk is gone or damaged. -117 is EUCLEAN, which Node has no name for. */
const DEAD = new Set([
  ...['EIO', 'ENODEV', 'ENXIO', 'ENOTCONN', 'ESTALE', 'ESHUTDOWN', 'EREMOTEIO', 'ETIMEDOUT', 'HUNG'],
  'Unknown system error -117',
]);

/** Something is there, and it is not what it has to be. */
const WRONG = new Set(['LINK', 'KIND', 'SIZE', 'SWAPPED', 'ENOTDIR', 'ELOOP']);

const SUBJECT: Record<ProbeStep, string> = {
  root: 'the folder',
  space: 'the size of the filesystem',
  sentinel: `the sentinel ${SENTINEL_NAME}`,
  read: 'a read from the disk itself',
  write: `a synced write in ${OWN_FOLDER}`,
};

/** What a step of the probe that failed says of the volume. */
export function faultProblem({ step, code, message }: ProbeFault): VolumeProblem {
  const state = faultState(step, code);
  if (step === 'root' && code === 'ENOENT') return { state, found: 'the folder does not exist' };
  if (step === 'sentinel' && code === 'ENOENT')
    return { state, found: `it has no sentinel ${SENTINEL_NAME}` };
  if (step === 'write' && WRONG.has(code))
    return { state, found: `${OWN_FOLDER} in it cannot be used: ${message}` };
  if (step === 'write' && isDenied(code)) {
    const hint = `give ${OWN_FOLDER} to the user that the host worker runs as (chown)`;
    return { state, found: `the user of this worker may not write in ${OWN_FOLDER}`, hint };
  }
  if (code === 'HUNG') return { state, found: `its disk hangs: ${message}` };
  return { state, found: `${SUBJECT[step]}: ${message}` };
}

function faultState(step: ProbeStep, code: string): VolumeProblem['state'] {
  if (DEAD.has(code)) return 'dead';
  if (WRONG.has(code)) return 'wrong';
  if (code === 'ENOENT' && step === 'root') return 'missing';
  if (code === 'ENOENT' && step === 'sentinel') return 'wrong';
  if (step === 'write' && (code === 'EROFS' || isDenied(code))) return 'read-only';
  return 'unknown';
}

const isDenied = (code: string): boolean => code === 'EACCES' || code === 'EPERM';
