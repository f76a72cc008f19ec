import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type DoctorFinding, fail, ok, warn } from './doctor-finding.js';

const run = promisify(execFile);

const CLOCK_TIMEOUT_MS = 5000;

/** What the operating system must offer beside the tools. */
export async function inspectSystem(): Promise<DoctorFinding[]> {
  const programs = process.platform === 'linux' ? ['setpriv', 'flock'] : [];
  const [found, clock] = await Promise.all([Promise.all(programs.map(inspectProgram)), inspectClock()]);
  return [...found, ...clock];
}

/** Without these a killed worker leaves its tool running, or its lock behind. */
async function inspectProgram(name: string): Promise<DoctorFinding> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      await access(join(folder, name), constants.X_OK);
      return ok('system', `${name} at ${join(folder, name)}`);
    } catch {
      continue;
    }
  }
  return fail('system', `${name} is not on PATH; it comes with util-linux`, 'sudo apt install util-linux');
}

/** Only systemd tells whether the clock is kept right; elsewhere nothing is said. */
async function inspectClock(): Promise<DoctorFinding[]> {
  try {
    const { stdout } = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
      timeout: CLOCK_TIMEOUT_MS,
    });
    if (stdout.trim() === 'yes') return [ok('system', 'the clock is synchronised')];
    if (stdout.trim() !== 'no') return [];
    return [warn('system', 'the clock is not synchronised', 'sudo timedatectl set-ntp true')];
  } catch {
    return [];
  }
}
