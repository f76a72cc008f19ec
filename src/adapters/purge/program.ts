/**
 * Looks through a folder for what is old, or deletes what such a look planned, as a program of its own: file by file
 * and without waiting in between, which would make a worker deaf; and it ends with its worker. `node program.js
 * REQUEST` prints a line a second and one answer (`messages.ts`).
 */
import * as fs from 'node:fs';
import { FtsError } from '../../domain/failures.js';
import { deletePlanned } from './delete.js';
import { PurgeFolder } from './folder.js';
import { type DeleteAnswer, type PurgeLine, PurgeRequest, type ScanAnswer } from './messages.js';
import { PlanWriter, hashOfPlan, planSteps } from './plan.js';
import { scanForOld } from './scan.js';
import { isErrno } from '../state.js';

const PROGRESS_INTERVAL_MS = 1000;

try {
  const request = PurgeRequest.parse(JSON.parse(process.argv[2] ?? ''));
  const root = openFolder(request);
  say({ answer: request.do === 'scan' ? scan(root, request) : deleteOld(root, request) });
} catch (error) {
  if (!(error instanceof FtsError)) throw error;
  if (error.type !== 'PathUnsafe' && error.type !== 'StateCorrupt') throw error;
  const { type, message, hint } = error;
  say({ refused: { type, message, ...(hint !== undefined && { hint }) } });
}

/** Handle by handle from the volume's root, so that no link on the way is followed, whenever it was put there. */
function openFolder({ volumeRoot, path }: PurgeRequest): PurgeFolder {
  try {
    let folder = PurgeFolder.at(volumeRoot);
    const { dev } = folder.stats();
    for (const name of path.split('/')) {
      const inner = folder.open(Buffer.from(name));
      folder.close();
      folder = inner;
    }
    if (folder.stats().dev !== dev) throw new FtsError('PathUnsafe', `${path} is on another filesystem`);
    return folder;
  } catch (error) {
    if (!isErrno(error, 'ELOOP', 'ENOTDIR', 'ENOENT')) throw error;
    throw new FtsError('PathUnsafe', `${volumeRoot}/${path} was replaced while it was opened`);
  }
}

function scan(root: PurgeFolder, request: Extract<PurgeRequest, { do: 'scan' }>): ScanAnswer {
  const plan = new PlanWriter(request.plan);
  const cutoffMs = Date.now() - request.olderThanSeconds * 1000;
  const tell = everySecond();
  const summary = scanForOld(root, {
    cutoffNs: BigInt(Math.floor(cutoffMs)) * 1_000_000n,
    plan,
    onProgress: (files) => tell(() => ({ files })),
  });
  return { root: identity(root), planHash: plan.close(), ...summary };
}

function deleteOld(root: PurgeFolder, request: Extract<PurgeRequest, { do: 'delete' }>): DeleteAnswer {
  const { path, plan, planHash, resumed } = request;
  const { dev, ino } = identity(root);
  if (dev !== request.root.dev || ino !== request.root.ino) {
    throw new FtsError('PathUnsafe', `${path} is not the folder that the plan was made in`);
  }
  if (!isIntact(plan, planHash))
    throw new FtsError(
      'StateCorrupt',
      `${plan} is not the plan that was made; nothing more is deleted`,
      'run the job again: it plans anew',
    );
  const tell = everySecond();
  return deletePlanned(root, {
    steps: planSteps(plan),
    resumed,
    onStep: (_step, deleted) => tell(() => ({ ...deleted })),
  });
}

function identity(root: PurgeFolder): { dev: string; ino: string } {
  const { dev, ino } = root.stats();
  return { dev: String(dev), ino: String(ino) };
}

function everySecond() {
  let next = Date.now() + PROGRESS_INTERVAL_MS;
  return (progress: () => { files: number; bytes?: number }): void => {
    if (Date.now() < next) return;
    next = Date.now() + PROGRESS_INTERVAL_MS;
    say({ progress: progress() });
  };
}

function say(line: PurgeLine): void {
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
}

function isIntact(plan: string, planHash: string): boolean {
  try {
    return hashOfPlan(plan) === planHash;
  } catch {
    return false;
  }
}
