import { chmod, lstat, mkdir, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { link, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type MirrorMetadata, writeMirrorMetadata } from '../../../src/adapters/mirror/metadata.js';
import { shim } from '../../support/shim.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeOf } from '../../support/tree.js';

type Line = Record<string, unknown> & { path: string; type: string };

let root: string;
let file: string;

beforeEach(async () => {
  const folder = await temporaryFolder();
  [root, file] = [join(folder, 'volume'), join(folder, 'plan', 'mirror-metadata.jsonl.gz')];
  await mkdir(root);
});

const write = (more: Partial<Parameters<typeof writeMirrorMetadata>[0]> = {}): Promise<MirrorMetadata> =>
  writeMirrorMetadata({ root, exclude: [], repositories: [], file, ...more });

async function manifest(more?: Parameters<typeof write>[0]): Promise<MirrorMetadata & { lines: Line[] }> {
  const written = await write(more);
  const texts = gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split('\n');
  const lines = texts.map((text) => JSON.parse(text) as Line);
  expect(lines.map((line) => JSON.stringify(line))).toEqual(texts); // no key twice
  return { ...written, lines };
}

const pathsOf = (lines: Line[]): string[] => lines.map(({ path }) => path);
const lineOf = (lines: Line[], path: string): Line | undefined => lines.find((line) => line.path === path);

/** Node cannot set extended attributes, nor name files that are not UTF-8 everywhere. */
const python = (code: string): Promise<unknown> =>
  execa('python3', ['-c', `import os,sys\nos.chdir(sys.argv[1])\n${code}`, root]);
const has = async (file: string, ...args: string[]): Promise<boolean> =>
  (await execa(file, args, { reject: false })).exitCode === 0;
const hasPython = await has('python3', '-c', 'import os; os.setxattr');
const hasGetfattr = await has('getfattr', '--version');

it('tells kind, mode, owner and nanoseconds of everything, the root first', async () => {
  await mkdir(join(root, 'empty'));
  await writeFile(join(root, 'notes'), 'hi', { mode: 0o640 });
  await symlink('../else where', join(root, 'link'));
  await execa('touch', ['-d', '2024-02-29T12:34:56.123456789Z', join(root, 'notes')]);
  await execa('touch', ['-h', '-d', '1969-12-31T23:59:58.5Z', join(root, 'link')]);
  const { lines, entries, bytes } = await manifest();
  expect(pathsOf(lines)).toEqual(['', 'empty', 'link', 'notes']);
  const { uid, gid } = await lstat(root);
  expect(lineOf(lines, 'notes')).toMatchObject({
    ...{ type: 'file', size: 2, mode: '0640', uid, gid },
    mtime: '2024-02-29T12:34:56.123456789Z',
  });
  expect(lineOf(lines, 'link')).toMatchObject({
    ...{ type: 'link', target: '../else where' },
    mtime: '1969-12-31T23:59:58.500000000Z',
  });
  expect(lineOf(lines, 'empty')).toMatchObject({ type: 'folder', mode: '0755' });
  expect(lines[0]).toMatchObject({ type: 'folder', manifest: { version: 1 } });
  expect({ entries, bytes }).toEqual({ entries: 4, bytes: (await lstat(file)).size });
});

it('is the same to the byte for the same tree, and its SHA-1 is told', async () => {
  for (const name of ['b', 'a', 'c']) await writeFile(join(root, name), name);
  const first = await write();
  const contents = await readFile(file);
  // of what was written a moment ago nobody can tell whether it stays so
  expect(await write()).toEqual({ ...first, tree: expect.any(String) as string });
  expect(await readFile(file)).toEqual(contents);
  expect((await execa('sha1sum', [file])).stdout).toContain(first.sha1);
  await utimes(join(root, 'a'), 1, 1);
  expect((await write()).sha1).not.toBe(first.sha1);
});

it('sorts by the bytes of the path', async () => {
  for (const folder of ['a', 'a-b', 'A']) await mkdir(join(root, folder));
  for (const name of ['a/z', 'a.txt', 'a b', 'a0', 'é', 'Z']) await writeFile(join(root, name), '');
  const paths = pathsOf((await manifest()).lines);
  expect(paths).toEqual(['', 'A', 'Z', 'a', 'a b', 'a-b', 'a.txt', 'a/z', 'a0', 'é']);
});

it('names the hard links of a file by the first of them, and no file that has one name here', async () => {
  await mkdir(join(root, 'deep'));
  await writeFile(join(root, 'deep/c'), 'x');
  await link(join(root, 'deep/c'), join(root, 'b'));
  await link(join(root, 'deep/c'), join(root, 'new\nline'));
  await writeFile(join(root, 'other'), 'x');
  await link(join(root, 'other'), join(root, '..', 'outside'));
  for (const name of ['two', 'one']) await link(join(root, '..', 'outside'), join(root, 'deep', name));
  await rm(join(root, 'other'));
  await writeFile(join(root, 'single'), 'x');
  await link(join(root, 'single'), join(root, '..', 'outside too'));
  const links = (await manifest()).lines.filter(({ hardLink }) => hardLink !== undefined);
  expect(links.map(({ path, hardLink }) => [path, hardLink])).toEqual([
    ['b', 'b'],
    ['deep/c', 'b'],
    ['deep/one', 'deep/one'],
    ['deep/two', 'deep/one'],
    ['new\\x0aline', 'b'],
  ]);
});

it('lists what a mirror cannot hold, with the reason, and counts it', async () => {
  await execa('mkfifo', [join(root, 'fifo')]);
  const server = createServer().listen(join(root, 'socket'));
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { lines, omitted } = await manifest();
  expect(omitted).toEqual({ fifos: 1, sockets: 1, devices: 0 });
  expect(lineOf(lines, 'fifo')).toMatchObject({ type: 'fifo', omitted: 'a mirror holds no FIFOs' });
  expect(lineOf(lines, 'socket')).toMatchObject({ type: 'socket', omitted: 'a mirror holds no sockets' });
});

it.skipIf(process.getuid?.() !== 0)('enters no other filesystem', async () => {
  await mkdir(join(root, 'mounted'));
  await execa('mount', ['-t', 'tmpfs', 'fts-test', join(root, 'mounted')]);
  onTestFinished(async () => {
    await execa('umount', [join(root, 'mounted')]);
  });
  await writeFile(join(root, 'mounted/file'), '');
  const { lines } = await manifest();
  expect(lines.slice(1)).toMatchObject([
    { path: 'mounted', type: 'folder', omitted: 'something else is mounted there' },
  ]);
});

it.skipIf(process.getuid?.() !== 0)('tells the numbers of a device', async () => {
  await execa('mknod', [join(root, 'null'), 'c', '1', '3']);
  const { lines, omitted } = await manifest();
  expect(omitted.devices).toBe(1);
  expect(lineOf(lines, 'null')).toMatchObject({ type: 'device', device: 'c 1:3' });
});

it('writes hostile names so that they can be had back', async () => {
  const names = [Buffer.from('line\nend\t\x01'), Buffer.from('back\\slash'), Buffer.from([0x62, 0xff, 0x5c])];
  for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${root}/`), name]), '');
  for (const name of ['x.rclonelink']) await writeFile(join(root, name), '');
  await symlink('to\nnowhere', join(root, '-P'));
  const { lines } = await manifest();
  expect(lines.slice(1)).toMatchObject([
    { path: '-P', target: 'to\\x0anowhere', targetEncoded: true },
    { path: 'back\\slash' },
    { path: 'b\\xff\\x5c', encoded: true, omitted: 'its name is not UTF-8' },
    { path: 'line\\x0aend\\x09\\x01', encoded: true },
    { path: 'x.rclonelink', omitted: 'its name is one under which a mirror holds links' },
  ]);
  expect(lineOf(lines, 'back\\slash')).not.toHaveProperty('encoded');
});

it("leaves out literally what is excluded, what is this product's own, and the locks of repositories", async () => {
  const kept = ['a', 'a/tmp', 'a/[x]', 'tmp*x', 'restic', 'restic/locks', 'restic/data', 'restic/data/locks'];
  const left = ['tmp', 'tmp/deep', '[x]', 'tmp*', 'a\\b', '.fts', '.fts/staging', '.fts-locks', 'lost+found'];
  for (const folder of [...kept, ...left]) await mkdir(join(root, folder));
  for (const name of ['.fts-volume', 'tmp/file', 'restic/locks/f00', 'deep.fts'])
    await writeFile(join(root, name), '');
  const { lines } = await manifest({ exclude: ['tmp/', '[x]', 'tmp*', 'a\\b'], repositories: ['restic'] });
  expect(pathsOf(lines)).toEqual(['', ...kept, 'deep.fts'].sort());
});

it('says of a tool that was killed that it was', async () => {
  await shim('find', 'kill -9 $$');
  await expect(manifest()).rejects.toMatchObject({
    type: 'ToolFailed',
    message: expect.stringMatching(/^find was killed/) as string,
  });
});

it('follows no link, not even one in place of the root', async () => {
  await mkdir(join(root, '..', 'elsewhere'));
  await writeFile(join(root, '..', 'elsewhere', 'secret'), '');
  await symlink('../elsewhere', join(root, 'link'));
  expect(pathsOf((await manifest()).lines)).toEqual(['', 'link']);
  await expect(write({ root: join(root, 'link') })).rejects.toThrow(/ELOOP|ENOTDIR/);
});

it('names and counts a folder that cannot be read, and goes on', async () => {
  await shim('find', 'exec setpriv --bounding-set -all /usr/bin/find "$@"');
  for (const folder of ['closed\n\'"\\', 'open']) await mkdir(join(root, folder));
  await writeFile(join(root, 'open/file'), '');
  await chmod(join(root, 'closed\n\'"\\'), 0);
  const { lines, unreadable } = await manifest();
  const path = `closed\\x0a'"\\x5c`;
  expect(unreadable).toEqual({ count: 1, first: [{ path, encoded: true, message: 'Permission denied' }] });
  expect(lineOf(lines, path)).toMatchObject({
    type: 'folder',
    mode: '0000',
    unreadable: 'Permission denied',
  });
  expect(lineOf(lines, 'open/file')).toBeDefined();
});

it('names what cannot even be looked at', async () => {
  await shim(
    'find',
    `printf "find: './x': gone\\n" >/dev/null; /usr/bin/find "$@"; echo "find: '$2/bad': Input/output error" >&2; exit 1`,
  );
  const { lines, unreadable, entries } = await manifest();
  expect(unreadable).toMatchObject({ count: 1, first: [{ path: 'bad', message: 'Input/output error' }] });
  expect(lines.at(-1)).toEqual({ path: 'bad', type: 'unknown', unreadable: 'Input/output error' });
  expect(entries).toBe(2);
});

it.each([
  [
    'find',
    'echo "find: out of memory" >&2; exit 1',
    'ToolFailed',
    /find ended with exit code 1: find: out of memory/,
  ],
  [
    'sort',
    'cat >/dev/null; echo "sort: write failed: No space left on device" >&2; exit 2',
    'DestinationFull',
    /sort: write failed/,
  ],
])('fails when %s fails, and leaves the manifest that was there', async (name, script, type, message) => {
  await write();
  const before = await readFile(file);
  await shim(name, script);
  await expect(write()).rejects.toMatchObject({
    type,
    message: expect.stringMatching(message) as string,
  });
  expect(await readFile(file)).toEqual(before);
  expect(await readdir(join(file, '..'))).toEqual(['mirror-metadata.jsonl.gz']);
  expect(await execa('pgrep', ['-P', String(process.pid)], { reject: false })).toMatchObject({ stdout: '' });
});

it('ends with its tools when it is interrupted', async () => {
  await shim('find', 'exec sleep 1000');
  const interruption = new AbortController();
  const writing = write({ signal: interruption.signal });
  setImmediate(() => {
    interruption.abort(new Error('enough'));
  });
  await expect(writing).rejects.toThrow('enough');
  await expect(readdir(join(file, '..'))).resolves.toEqual([]);
});

it('says so where getfattr is not installed', async () => {
  const folder = await temporaryFolder();
  for (const tool of ['setpriv', 'find', 'sort', 'getent']) {
    const { stdout } = await execa('which', [tool]);
    await symlink(stdout, join(folder, tool));
  }
  vi.stubEnv('PATH', folder);
  vi.stubEnv('FTS_TOOLS_DIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { lines, xattrs } = await manifest();
  expect(xattrs).toBe('unread');
  expect(lines[0]).toMatchObject({ manifest: { version: 1, xattrs: 'unread' } });
});

describe.skipIf(!hasPython || !hasGetfattr)('extended attributes', () => {
  /** user::rw-, user:4242:r--, group::r--, mask::r--, other::--- as the kernel has it. */
  const ACL =
    '02000000010006ffffffffff020004009210000004000400ffffffff10000400ffffffff20000000ffffffff'.replace(
      '010006ffffffffff',
      '01000600ffffffff',
    );

  it('are told with their names and bytes, ACLs among them, of files and folders', async () => {
    await writeFile(join(root, 'a=b\nc'), '');
    await mkdir(join(root, 'folder'));
    await python(`os.setxattr('a=b\\nc',b'user.bytes',bytes([255,0,10]))
os.setxattr('a=b\\nc',b'user.empty',b'')
os.setxattr('a=b\\nc','user.odd=\\\\name\\n'.encode(),b'x'*300)
os.setxattr('folder','system.posix_acl_default',bytes.fromhex('${ACL}'))
if os.getuid()==0: os.setxattr('folder','trusted.SGI_ACL_DEFAULT',b'again')`);
    const { lines, xattrs } = await manifest();
    expect(xattrs).toBe('read');
    expect(lineOf(lines, 'a=b\\x0ac')?.xattrs).toEqual({
      'user.bytes': '/wAK',
      'user.empty': '',
      'user.odd=\\x5cname\\x0a': Buffer.alloc(300, 'x').toString('base64'),
    });
    const acl = Buffer.from(ACL, 'hex').toString('base64');
    expect(lineOf(lines, 'folder')?.xattrs).toEqual({ 'system.posix_acl_default': acl });
    expect(lines[0]).not.toHaveProperty('xattrs');
  });

  it('and all the rest come back by the script of docs/metadata-manifest.md', async () => {
    await mkdir(join(root, 'deep/empty'), { recursive: true });
    for (const name of ['deep/one', 'two\nlines', 'sparse']) await writeFile(join(root, name), name);
    await truncate(join(root, 'sparse'), 5_000_000);
    await link(join(root, 'deep/one'), join(root, 'linked'));
    await symlink('deep/one', join(root, 'pointer'));
    await execa('mkfifo', [join(root, 'fifo')]);
    await python(`os.setxattr('deep/one','user.tag',b'\\xff')
os.setxattr('deep/empty','system.posix_acl_access',bytes.fromhex('${ACL}'))
os.chown('linked',1234,4321) if os.getuid()==0 else None
os.chmod('sparse',0o4711)
os.utime('deep',ns=(1,1234567890123456789))
os.utime('pointer',ns=(1,-5),follow_symlinks=False)`);
    const before = await manifest();
    const remote = await temporaryFolder();
    await execa('rclone', ['copy', '--links', root, remote, '--config', '/dev/null']);
    const restored = await temporaryFolder();
    await execa('rclone', ['copy', '--links', remote, restored, '--config', '/dev/null']);
    expect(await treeOf(restored)).not.toEqual(await treeOf(root));

    const script = await appliance();
    for (const time of ['first', 'second'])
      expect(await execa('python3', ['-c', script, file, restored]), time).toMatchObject({ stdout: '' });
    expect(await treeOf(restored)).toEqual(await treeOf(root));
    expect((await write({ root: restored })).sha1).toBe(before.sha1);
    await rm(restored, { recursive: true });
  });
});

it.skipIf(!hasPython).each(['../made', '/made', 'pointer/made', 'deep/../../made'])(
  'the script of docs/metadata-manifest.md touches nothing outside the tree, whatever it is told (%s)',
  async (path) => {
    const folder = await temporaryFolder();
    const tree = join(folder, 'tree');
    await mkdir(join(tree, 'deep'), { recursive: true });
    await symlink('..', join(tree, 'pointer'));
    const line = { path: path === '/made' ? join(folder, 'made') : path, type: 'folder', mode: '0777' };
    const hostile = join(folder, 'hostile.gz');
    await writeFile(hostile, gzipSync(`${JSON.stringify(line)}\n`));
    const said = await execa('python3', ['-c', await appliance(), hostile, tree], { reject: false });
    expect(said).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('leads out') as string });
    expect(await readdir(folder)).toEqual(['hostile.gz', 'tree']);
  },
);

/** The script that applies a manifest by hand. */
async function appliance(): Promise<string> {
  const docs = await readFile('docs/metadata-manifest.md', 'utf8');
  return /```python\n(.*?)```/s.exec(docs)?.[1] ?? '';
}

it('takes twenty thousand files', async () => {
  for (let folder = 0; folder < 20; folder += 1) await mkdir(join(root, String(folder)));
  const script = 'for d in */; do (cd "$d" && seq 1000 | xargs touch); done';
  await execa('sh', ['-c', script], { cwd: root });
  const { lines, entries } = await manifest();
  expect([entries, lines.length]).toEqual([20_021, 20_021]);
  expect(pathsOf(lines)).toEqual([...pathsOf(lines)].sort());
});
