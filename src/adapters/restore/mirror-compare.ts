import { FtsError } from '../../domain/failures.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import type { ListedFile } from '../mirror/listing.js';
import { NameList } from '../mirror/files.js';
import { listedFiles, namesIn } from '../mirror/lists.js';
import { below } from './mirror-list.js';
import { type FoundMirror, versionOptions } from './mirror-source.js';
import type { MirrorRestoreFiles } from './mirror-files.js';
import { runRclone } from '../rclone.js';
import { linksAsFiles } from '../rclone-remote.js';

/** How what is in staging differs from what the remote holds. Names are bytes as latin1 text, as rclone writes them. */
export interface Differences {
  /** Is not there, or is not what the remote holds. */
  wrong: string[];
  /** Is in staging only: what a copy that broke off left. */
  strays: string[];
  /** Has the right size, and the remote does not tell its hash. */
  unsure: number;
}

/** Compares two listings, by size and SHA-1. What is unsure is written to `unsure`. Memory grows with what differs. */
export async function compareListings(planned: string, staged: string, unsure: string): Promise<Differences> {
  const found: Differences = { wrong: [], strays: [], unsure: 0 };
  const doubtful = new NameList(unsure);
  const there = listedFiles(staged);
  let next = await there.next();
  const passStrays = async (until: string | undefined): Promise<void> => {
    while (next.done !== true && (until === undefined || next.value.name < until)) {
      found.strays.push(next.value.name);
      next = await there.next();
    }
  };
  for await (const file of listedFiles(planned)) {
    await passStrays(file.name);
    const other: ListedFile | undefined =
      next.done !== true && next.value.name === file.name ? next.value : undefined;
    if (other) next = await there.next();
    if (other?.size !== file.size || (file.sha1 !== '' && other.sha1 !== file.sha1))
      found.wrong.push(file.name);
    else if (file.sha1 === '') {
      doubtful.add(file.name);
      found.unsure += 1;
    }
  }
  await passStrays(undefined);
  doubtful.close();
  return found;
}

export interface ContentsCall {
  mirror: FoundMirror;
  files: MirrorRestoreFiles;
  index: number;
  /** Folder of the listing in the remote. */
  place: string;
  staging: string;
  signal: AbortSignal;
}

/** Reads files whose hash the remote does not tell once more, and compares them byte by byte; those that are not equal. */
export async function compareContents(call: ContentsCall): Promise<string[]> {
  const { mirror, files, index, place, staging, signal } = call;
  const { remote, versionAt } = mirror;
  await runRclone(remote, {
    args: [
      ...['check', '--download', '--one-way', '--fast-list', ...versionOptions(versionAt)],
      ...['--files-from-raw', files.names(index), '--combined', files.compared(index)],
      ...[below(remote.root, place), staging],
    ],
    ...{ locked: false, links: false, mayDiffer: true, signal },
    environment: linksAsFiles(remote),
  });
  const equal = new Set<string>();
  for await (const line of namesIn(files.compared(index)))
    if (line.startsWith('= ')) equal.add(line.slice(2));
  const wrong: string[] = [];
  for await (const name of namesIn(files.names(index))) if (!equal.has(name)) wrong.push(name);
  return wrong;
}

/** The failure for files that are not what the remote's listing says. */
export function notAsListed(remote: string, wrong: readonly string[], said: string | undefined): FtsError {
  const [first = ''] = wrong;
  const name = pathOfRcloneName(Buffer.from(first, 'latin1').toString());
  return new FtsError(
    'VerificationFailed',
    `${String(wrong.length)} files of remote ${remote} did not come as its listing has them, the first ${JSON.stringify(name)}${said === undefined ? '' : `: ${said}`}`,
    'they may have changed meanwhile: restore again',
  );
}
