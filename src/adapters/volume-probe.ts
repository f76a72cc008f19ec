/**
 * A look at a volume's root, as a program of its own, because a dead disk can hang whoever touches it:
 * `node volume-probe.js REQUEST` prints one `ProbeReport`. It stands in the root all the while, so that nobody can
 * swap the tree between its steps. Nothing is written into a root that is not the expected one.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { OWN_FOLDER, rootProblem, SENTINEL_MAX_BYTES, SENTINEL_NAME } from '../domain/sentinel.js';
import { deviceNumber } from './mountinfo.js';
import type { ProbeReport, ProbeRequest, ProbeStep } from './volume-probe-run.js';

/** Something that is not as it has to be; `code` is an errno name or one of this program's own (`LINK`, `KIND`, `SIZE`). */
class Fault extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

const report: ProbeReport = {};
const request = JSON.parse(process.argv[2] ?? '') as ProbeRequest;
let step: ProbeStep = 'root';
try {
  probe();
} catch (error) {
  const code = error instanceof Fault ? error.code : errorCode(error);
  report.fault = { step, code, message: error instanceof Error ? error.message : String(error) };
}
fs.writeSync(1, JSON.stringify(report));

function probe(): void {
  const { root, direct, expected } = request;
  const { device, inode } = enter(root);
  report.root = { device, inode };
  report.realPath = process.cwd();

  step = 'space';
  const { bsize, blocks, bavail } = fs.statfsSync('.');
  report.space = { totalBytes: blocks * bsize, freeBytes: bavail * bsize };

  step = 'sentinel';
  const sentinel = openSentinel();
  report.sentinel = readSentinel(sentinel);

  step = 'read';
  if (direct) readFromDisk(sentinel);

  step = 'write';
  if (expected && !rootProblem({ device, inode, sentinel: report.sentinel }, expected)) writeCanary();
}

/** Goes into a folder that is no link, and makes sure to be in the one that was looked at. */
function enter(path: string): { device: string; inode: string } {
  const before = fs.lstatSync(path, { bigint: true });
  if (before.isSymbolicLink()) throw new Fault('LINK', 'it is a symbolic link');
  if (!before.isDirectory()) throw new Fault('KIND', 'it is not a folder');
  process.chdir(path);
  const here = fs.statSync('.', { bigint: true });
  if (here.dev !== before.dev || here.ino !== before.ino)
    throw new Fault('SWAPPED', 'it was replaced during the look');
  return { device: deviceNumber(here.dev), inode: String(here.ino) };
}

/** Opens it as a regular file only: opening a FIFO would hang, opening a device may do anything. */
function openSentinel(): number {
  const { size } = regular(fs.lstatSync(SENTINEL_NAME));
  if (size > SENTINEL_MAX_BYTES) throw new Fault('SIZE', `is ${String(size)} bytes long`);
  const file = fs.openSync(SENTINEL_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  regular(fs.fstatSync(file));
  return file;
}

function regular(stats: fs.Stats): fs.Stats {
  if (stats.isSymbolicLink()) throw new Fault('LINK', 'is a symbolic link');
  if (!stats.isFile()) throw new Fault('KIND', 'is not a regular file');
  return stats;
}

function readSentinel(file: number): string {
  const bytes = Buffer.alloc(SENTINEL_MAX_BYTES + 1);
  const length = fs.readSync(file, bytes, 0, bytes.length, 0);
  if (length > SENTINEL_MAX_BYTES)
    throw new Fault('SIZE', `is longer than ${String(SENTINEL_MAX_BYTES)} bytes`);
  return bytes.toString('utf8', 0, length);
}

/**
 * Reads past the page cache, which goes on answering for a disk that is gone. Where the filesystem knows no
 * O_DIRECT (EINVAL), the plain read has to do. dd(1), because O_DIRECT needs memory aligned as Node's is not.
 */
function readFromDisk(file: number): void {
  const { error, status, stderr } = spawnSync('dd', ['iflag=direct', 'bs=4096', 'count=1', 'of=/dev/null'], {
    // The fourth is our output, held so that whoever abandons us sees when dd is gone, too.
    stdio: [file, 'ignore', 'pipe', 1],
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status === 0 || /: Invalid argument$/m.test(stderr)) return;
  const [complaint = ''] = stderr.split('\n');
  const reason = complaint.slice(complaint.lastIndexOf(': ') + 2);
  throw new Fault(reason === 'Input/output error' ? 'EIO' : 'FAILED', reason);
}

/** Writes, syncs and removes a file, and syncs its folder: that makes even a full filesystem write something. */
function writeCanary(): void {
  try {
    fs.mkdirSync(OWN_FOLDER, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  enter(OWN_FOLDER);
  const name = 'canary';
  try {
    fs.rmSync(name, { force: true });
    const file = fs.openSync(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    fs.writeSync(file, Buffer.alloc(SENTINEL_MAX_BYTES, '.'));
    fs.fsyncSync(file);
    fs.rmSync(name, { force: true });
  } catch (error) {
    // Full is not dead. EEXIST: another look at this volume is at the same point, and will answer for the disk too.
    if (!['ENOSPC', 'EDQUOT', 'EEXIST'].includes(errorCode(error))) throw error;
    fs.rmSync(name, { force: true });
    fs.utimesSync('.', new Date(), new Date());
  }
  fs.fsyncSync(fs.openSync('.', O_RDONLY));
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
}
