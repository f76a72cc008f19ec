import { access, readdir } from 'node:fs/promises';
import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import { isErrno, type State } from '../state.js';
import { runChild } from '../volume/child.js';

/** A clock that is being synchronised may go back so far (milliseconds). */
const TOLERANCE_MS = 5000;

/** After so long without a record a clock has to be synchronised to be believed (milliseconds). */
const FAR_MS = 30 * 24 * 3_600_000;

const Ended = z.object({ last: z.object({ endedAt: z.iso.datetime() }) });

/**
 * Age is told by the clock, so that a wrong one makes everything old. Fails with `ClockStep` when it stands before the
 * last run that this host recorded, or far after it and nothing says that it is synchronised.
 */
export async function refuseClockStep(
  state: Pick<State, 'read' | 'path'>,
  { now, isSynchronised = synchronised }: { now: number; isSynchronised?: () => Promise<boolean> },
): Promise<void> {
  const last = await lastRecord(state);
  if (last === undefined) return;
  const times = `it is ${new Date(now).toISOString()} by this host's clock, and its last run ended at ${new Date(last).toISOString()}`;
  if (now < last - TOLERANCE_MS) throw new FtsError('ClockStep', `the clock went back: ${times}`, HINT);
  if (now > last + FAR_MS && !(await isSynchronised())) {
    throw new FtsError(
      'ClockStep',
      `the clock may have gone ahead: ${times}, and it is not synchronised`,
      HINT,
    );
  }
}

const HINT =
  'set the clock right (`timedatectl`); if it is right, any other job that runs well on this host makes it believed';

/** Milliseconds since the epoch. */
async function lastRecord(state: Pick<State, 'read' | 'path'>): Promise<number | undefined> {
  const files = await readdir(state.path('jobs')).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const records = files
    .filter((file) => file.endsWith('.json'))
    .map((file) =>
      state.read(`jobs/${file}`, Ended).then((record) => Date.parse(record?.last.endedAt ?? '')),
    );
  const times = (await Promise.all(records)).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

async function synchronised(): Promise<boolean> {
  const args = ['show', '--property=NTPSynchronized', '--value'];
  const end = await runChild('timedatectl', args, { key: 'timedatectl', deadlineMs: 5000 });
  if (end.kind === 'ended' && end.stdout.trim() === 'yes') return true;
  return access('/run/systemd/timesync/synchronized').then(
    () => true,
    () => false,
  );
}
