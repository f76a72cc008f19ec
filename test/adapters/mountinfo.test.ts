import { lstat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { deviceNumber, mountOf, parseMountinfo, readMounts } from '../../src/adapters/mountinfo.js';

const TEXT = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 8:17 / /flux rw,noatime shared:5 master:1 - xfs /dev/sdb1 rw,attr2
41 27 0:44 /@flux /btr rw - btrfs /dev/sdc1 rw,subvol=/@flux
42 27 8:17 /a\\040b /mnt/tab\\011new\\012line\\134 ro - xfs /dev/disk\\040one rw,shutdown
not a mount
43 27 0:50 / /share rw - fuse.rclone remote: rw
`;

describe('the mount table', () => {
  const mounts = parseMountinfo(TEXT);

  it('is read field by field, whatever optional fields a line has', () => {
    expect(mounts).toHaveLength(6);
    expect(mounts[2]).toEqual({
      id: '40',
      device: '8:17',
      root: '/',
      mountpoint: '/flux',
      type: 'xfs',
      source: '/dev/sdb1',
      options: new Set(['rw', 'noatime', 'attr2']),
    });
    expect(mounts[3]).toMatchObject({ root: '/@flux', type: 'btrfs' });
  });

  it('has names with blanks, tabs, newlines and backslashes in octal', () => {
    expect(mounts[4]).toMatchObject({
      root: '/a b',
      mountpoint: '/mnt/tab\tnew\nline\\',
      source: '/dev/disk one',
    });
  });

  it('joins the options of mount and filesystem', () => {
    expect([...(mounts[4]?.options ?? [])]).toEqual(['ro', 'rw', 'shutdown']);
  });

  it.each([
    ['/flux/active', '/flux'],
    ['/flux', '/flux'],
    ['/fluxx', '/'],
    ['/', '/'],
  ])('tells that %s lies in the mount at %s', (path, mountpoint) => {
    expect(mountOf(mounts, path)?.mountpoint).toBe(mountpoint);
  });

  it('prefers the later of two mounts on one place', () => {
    expect(mountOf(parseMountinfo(`${TEXT}99 40 8:33 / /flux rw - ext4 /dev/sdd1 rw`), '/flux')?.id).toBe(
      '99',
    );
  });
});

it.each([
  [0x0811n, '8:17'],
  [0xfe00n, '254:0'],
  [0x12345678n, '1110:74616'],
])('reads device number %s', (device, text) => {
  expect(deviceNumber(device)).toBe(text);
});

it.runIf(process.platform === 'linux')('agrees with `stat` about this machine', async () => {
  const proc = (await readMounts()).find(({ mountpoint }) => mountpoint === '/proc');
  expect(proc?.device).toBe(deviceNumber((await lstat('/proc', { bigint: true })).dev));
});
