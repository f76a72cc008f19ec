/**
 * A look at a volume's root, as a program of its own, because a dead disk can hang whoever touches it: for each
 * `ProbeRequest`, a line on stdin, it prints one `ProbeReport`. It stands in the root all the while, so that nobody can
 * swap the tree between its steps, and holds nothing of the volume between two looks. Nothing is written into a root
 * that is not the expected one.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { OWN_FOLDER, rootProblem, SENTINEL_MAX_BYTES, SENTINEL_NAME } from '../../domain/sentinel.js';
import { deviceNumber } from '../mountinfo.js';
import type { ProbeReport, ProbeRequest, ProbeStep } from './probe-run.js';

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

/** Files that a look opened. Left open, they would keep the volume from being unmounted. */
const opened: number[] = [];

for (const request of requests()) fs.writeSync(1, `${JSON.stringify(look(request))}\n`);

/** One line each, until whoever asks is gone. Read synchronously: nothing else is to be done meanwhile. */
function* requests(): Generator<ProbeRequest> {
  const bytes = Buffer.alloc(64 * 1024);
  let text = '';
  for (let length = readInput(bytes); length > 0; length = readInput(bytes)) {
    const lines = `${text}${bytes.toString('utf8', 0, length)}`.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as ProbeRequest;
  }
}

function readInput(bytes: Buffer): number {
  try {
    return fs.readSync(0, bytes);
  } catch (error) {
    if (errorCode(error) === 'EOF') return 0; // how Windows says it
    throw error;
  }
}

function look(request: ProbeRequest): ProbeReport {
  const report: ProbeReport = {};
  let step: ProbeStep = 'root';
  try {
    probe(request, report, (next) => {
      step = next;
    });
  } catch (error) {
    const code = error instanceof Fault ? error.code : errorCode(error);
    report.fault = { step, code, message: error instanceof Error ? error.message : String(error) };
  } finally {
    process.chdir('/');
    for (const file of opened.splice(0)) fs.closeSync(file);
  }
  return report;
}

function probe(
  { root, direct, expected }: ProbeRequest,
  report: ProbeReport,
  begin: (step: ProbeStep) => void,
): void {
  const { device, inode } = enter(root);
  report.root = { device, inode };
  report.realPath = process.cwd();

  begin('space');
  const { bsize, blocks, bavail } = fs.statfsSync('.');
  report.space = { totalBytes: blocks * bsize, freeBytes: bavail * bsize };

  begin('sentinel');
  const sentinel = openSentinel();
  report.sentinel = readSentinel(sentinel);

  begin('read');
  if (direct) readFromDisk(sentinel);

  begin('write');
  if (expected && !rootProblem({ device, inode, sentinel: report.sentinel }, expected)) writeCanary();
}

function open(file: string, flags: number, mode?: number): number {
  const descriptor = fs.openSync(file, flags, mode);
  opened.push(descriptor);
  return descriptor;
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
  const file = open(SENTINEL_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
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
    const file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    fs.writeSync(file, Buffer.alloc(SENTINEL_MAX_BYTES, '.'));
    fs.fsyncSync(file);
    fs.rmSync(name, { force: true });
  } catch (error) {
    // Full is not dead. EEXIST: another look at this volume is at the same point, and will answer for the disk too.
    if (!['ENOSPC', 'EDQUOT', 'EEXIST'].includes(errorCode(error))) throw error;
    fs.rmSync(name, { force: true });
    fs.utimesSync('.', new Date(), new Date());
  }
  fs.fsyncSync(open('.', O_RDONLY));
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
}
