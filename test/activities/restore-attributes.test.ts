import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

/** An ACL that lets user 1234 read, as the kernel has it. */
const ACL =
  '02000000' +
  '01000600ffffffff' +
  '02000400d2040000' +
  '04000400ffffffff' +
  '10000400ffffffff' +
  '20000400ffffffff';

const hasAttributes = await execa('getfattr', ['--version']).then(
  () => true,
  () => false,
);

const inPlace = { target: { kind: 'in-place', conflict: 'replace' } } as const;

let bed: RestoreEstate;
let notes: string;
let deep: string;
beforeAll(async () => {
  bed = await makeRestoreEstate();
  notes = join(bed.thesis, 'notes');
  deep = join(bed.thesis, 'deep');
  await set(notes, 'user.tag', '00ff');
  await set(deep, 'user.color', '01');
  await set(deep, 'system.posix_acl_default', ACL);
  await bed.backup();
  await bed.remember();
});
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

const python = (code: string, ...args: string[]): Promise<string> =>
  execa('python3', ['-c', `import os,sys; ${code}`, ...args]).then(({ stdout }) => stdout);
const set = (path: string, name: string, hex: string) =>
  python('os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))', path, name, hex);
const drop = (path: string, name: string) => python('os.removexattr(sys.argv[1], sys.argv[2])', path, name);
/** All that an entry has, by name. */
const attributes = async (path: string): Promise<Record<string, string>> =>
  JSON.parse(
    await python(
      'import json; p=sys.argv[1]; print(json.dumps({n: os.getxattr(p, n).hex() for n in os.listxattr(p)}))',
      path,
    ),
  ) as Record<string, string>;

describe.skipIf(!hasAttributes)('a restore', () => {
  it('does not take over what a volume gives to all that is made in it', async () => {
    await set(bed.flux, 'system.posix_acl_default', ACL);
    const { target } = await bed.restore();
    expect(await attributes(join(target, 'notes'))).toEqual(await attributes(notes));
    expect(await attributes(join(target, 'deep'))).toEqual(await attributes(deep));
    expect(await attributes(join(target, 'deep', 'er'))).toEqual({});
    expect(await attributes(target)).toEqual({});
    await rm(join(bed.thesis, 'deep'), { recursive: true });
    await bed.restore(inPlace);
    expect(await attributes(join(deep, 'er', 'data'))).toEqual({});
  });
});

describe.skipIf(!hasAttributes)('a restore in place', () => {
  it.each([
    ['lost', () => drop(notes, 'user.tag')],
    ['has others', () => set(notes, 'user.tag', '01')],
    ['has more', () => set(notes, 'user.more', '01')],
    ['has an ACL', () => set(notes, 'system.posix_acl_access', ACL)],
  ])('gives a file back its attributes where it %s, and keeps what was there', async (_, change) => {
    await execa('cp', ['-a', notes, `${notes}~`]);
    await change();
    await execa('touch', ['-r', `${notes}~`, notes]);
    const was = await attributes(notes);
    const result = await bed.restore(inPlace);
    expect(result).toMatchObject({
      conflicts: { count: 1 },
      restored: { files: 1 },
      unchanged: { files: 1 },
    });
    expect(await attributes(notes)).toEqual({ 'user.tag': '00ff' });
    const kept = join(result.replaced.keptAt ?? '', 'active', 'thesis');
    expect(await attributes(join(kept, 'notes'))).toEqual(was);
  });

  it('gives a folder back its attributes, and what it had can be had again', async () => {
    const before = await attributes(deep);
    await drop(deep, 'system.posix_acl_default');
    await set(deep, 'user.color', '02');
    await set(deep, 'user.more', '03');
    await set(deep, 'system.posix_acl_access', ACL);
    const changed = await attributes(deep);
    const changedTree = await treeOf(deep);
    await writeFile(notes, 'mine');
    const result = await bed.restore(inPlace);
    expect(await attributes(deep)).toEqual(before);
    const kept = result.replaced.keptAt ?? '';
    await execa('cp', ['-a', '--remove-destination', `${kept}/.`, bed.flux]);
    expect(await attributes(deep)).toEqual(changed);
    expect(Object.keys(await treeOf(deep))).toEqual(Object.keys(changedTree));
    expect(await readFile(notes, 'utf8')).toBe('mine');
  });

  it('does not touch the attributes of folders around what it replaces, nor does undoing it', async () => {
    await mkdir(join(deep, 'er'), { recursive: true });
    await writeFile(join(deep, 'er', 'data'), 'mine');
    await set(bed.flux, 'user.root', '01');
    await set(join(bed.flux, 'active'), 'system.posix_acl_default', ACL);
    const result = await bed.restore({ ...inPlace, paths: ['flux/active/thesis/deep/er/data'] });
    const kept = result.replaced.keptAt ?? '';
    await execa('cp', ['-a', '--remove-destination', `${kept}/.`, bed.flux]);
    expect(await attributes(deep)).toEqual({ 'user.color': '01', 'system.posix_acl_default': ACL });
    expect(await attributes(join(bed.flux, 'active'))).toMatchObject({ 'system.posix_acl_default': ACL });
    expect(await attributes(bed.flux)).toMatchObject({ 'user.root': '01' });
    expect(await readFile(join(deep, 'er', 'data'), 'utf8')).toBe('mine');
    await rm(kept, { recursive: true });
  });
});
