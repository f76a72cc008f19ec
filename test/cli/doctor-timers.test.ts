import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inspectTimers } from '../../src/cli/doctor-timers.js';
import { loadEstate } from '../../src/estate/load.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fts-timers-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const put = async (file: string, text: string, mode = 0o644): Promise<void> => {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text, { mode });
};

const enable = async (folder: string, timer: string): Promise<void> => {
  await mkdir(join(root, folder, 'timers.target.wants'), { recursive: true });
  await symlink(`../${timer}`, join(root, folder, 'timers.target.wants', timer));
};

const look = async () => {
  const estate = await loadEstate(new URL('../../examples/miket.yaml', import.meta.url).pathname);
  return inspectTimers(estate, { root, home: join(root, 'home') });
};

it('finds nothing on a machine without timers', async () => {
  expect(await look()).toMatchObject([{ state: 'ok' }]);
});

it('tells an enabled systemd timer whose script calls restic, and how to switch it off', async () => {
  const script = join(root, 'backup.sh');
  await put('backup.sh', '#!/bin/sh\nrestic backup /flux\n', 0o755);
  await put('etc/systemd/system/nightly.timer', '[Timer]\nOnCalendar=daily\nUnit=night.service\n');
  await put('etc/systemd/system/night.service', `[Service]\nExecStart=${script} --all\n`);
  await enable('etc/systemd/system', 'nightly.timer');
  expect(await look()).toMatchObject([
    {
      state: 'warn',
      message: expect.stringContaining('restic') as string,
      fix: 'sudo systemctl disable --now nightly.timer',
    },
  ]);
});

it('leaves timers alone that are off, that do something else, or that are ours', async () => {
  await put('etc/systemd/system/off.timer', '[Timer]\n');
  await put('etc/systemd/system/off.service', '[Service]\nExecStart=/usr/bin/restic backup\n');
  await put('etc/systemd/system/fstrim.timer', '[Timer]\n');
  await put('etc/systemd/system/fstrim.service', '[Service]\nExecStart=/sbin/fstrim /fluxus /mnt/flux.old\n');
  await enable('etc/systemd/system', 'fstrim.timer');
  await put('etc/cron.d/fts', '@reboot root fts worker --host motoko # /flux\n');
  expect(await look()).toMatchObject([{ state: 'ok' }]);
});

it('tells the lines of a crontab, and the scripts of the periodic folders, but no comments', async () => {
  await put('etc/crontab', '# rclone sync, long gone\nSHELL=/bin/sh\n5 4 * * * root rclone sync /a b2:a\n');
  await put('etc/cron.daily/tidy', '#!/bin/sh\nfind /flux/scratch -delete\n', 0o755);
  const findings = await look();
  expect(findings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/crontab:3 is still on and mentions rclone$/),
    expect.stringMatching(/cron\.daily\/tidy is still on and mentions \/flux$/),
  ]);
});

it('tells what launchd loads', async () => {
  await put('home/Library/LaunchAgents/net.example.plist', '<string>/opt/homebrew/bin/restic</string>');
  expect(await look()).toMatchObject([
    { state: 'warn', fix: expect.stringContaining('launchctl bootout') as string },
  ]);
});
