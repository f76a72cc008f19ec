import { findInRepository } from '../adapters/restic/find.js';
import type { ResticRepository } from '../adapters/restic/repository.js';
import { storedNames } from '../adapters/stored-names.js';
import type { FoundVersions } from '../domain/found-versions.js';
import { printableName } from '../domain/names.js';
import type { Snapshot } from '../domain/snapshot.js';
import { isLossy, type SnapshotNode } from '../domain/snapshot-node.js';
import { pathWithin, savedFrom } from '../domain/snapshot-place.js';
import { volumesSavedTo } from '../estate/saved-by.js';
import type { FindPattern } from './find-pattern.js';
import { type LookProblem, type Looking, notWhole, rootsOf, snapshotsOf } from './looking.js';

export interface FindAsked {
  pattern: FindPattern;
  ignoreCase: boolean;
  limit: number;
}

/** Collects every version of what a pattern means from all snapshots of a repository; `problems`, what could not be read. */
export async function findInSnapshots(
  looking: Looking,
  repository: ResticRepository,
  { pattern, ignoreCase, limit }: FindAsked,
  found: FoundVersions,
  problems: LookProblem[],
): Promise<void> {
  const listed = await snapshotsOf(repository, problems);
  const snapshots = new Map(listed.map((snapshot) => [snapshot.id, snapshot]));
  if (snapshots.size === 0) return;
  const naming = await volumeNaming(looking, repository.name);
  const lossy: { snapshot: Snapshot; node: SnapshotNode }[] = [];
  const add = (snapshot: Snapshot, node: SnapshotNode, path: Uint8Array | string): void => {
    found.add({
      ...{ path, in: { repository: repository.name }, snapshot: snapshot.id },
      ...{ type: node.type, size: node.size, modified: node.mtime },
    });
  };
  const { isWhole } = await findInRepository(
    repository,
    {
      ...{ patterns: pattern.forRestic, ignoreCase, limit },
      accept: ({ path }) => pattern.mayMean(path.slice(1)), // in which snapshot it is restic tells afterwards
    },
    ({ snapshot: id, nodes, omitted }) => {
      const snapshot = snapshots.get(id);
      if (snapshot === undefined) return; // taken meanwhile
      found.omit(omitted);
      for (const node of nodes) {
        const path = naming(snapshot, node.path);
        const told = [path, node.path.slice(1)];
        if (!told.some(pattern.accepts)) continue;
        if (isLossy(path)) lossy.push({ snapshot, node });
        else if (
          told.some((one) => pattern.acceptsPrinted(one) || pattern.acceptsPrinted(printableName(one).path))
        )
          add(snapshot, node, path);
      }
    },
  );
  if (!isWhole) problems.push(notWhole(repository, 'some folders of its snapshots cannot be read'));
  const names = storedNames(repository);
  for (const { snapshot, node } of lossy) {
    const real = await names.pathOf(snapshot.id, node);
    const path = renamed(naming(snapshot, node.path), real);
    if (pattern.acceptsPrinted(printableName(path).path)) add(snapshot, node, path);
  }
}

/** How a path of a snapshot's tree is told: as `volume/path`, or, of what is of no volume, as the tree has it. */
async function volumeNaming(
  looking: Looking,
  repository: string,
): Promise<(snapshot: Snapshot, place: string) => string> {
  const { estate } = looking.loaded;
  const saved = volumesSavedTo(estate, repository);
  const host = estate.repositories[repository]?.host;
  const others = Object.keys(estate.volumes).filter(
    (volume) => !saved.includes(volume) && estate.volumes[volume]?.host === host,
  );
  const volumes = await Promise.all(
    [...saved, ...others].map(async (volume) => ({ volume, roots: await rootsOf(looking, volume) })),
  );
  const [only] = saved;
  return ({ paths }, place) => {
    const absolute = savedFrom(place, paths);
    for (const { volume, roots } of volumes) {
      for (const root of roots) {
        const within = pathWithin(root, absolute);
        if (within !== undefined) return join(volume, within);
      }
    }
    const [path] = paths;
    const covered = volumes.some(({ roots }) =>
      roots.some((root) =>
        paths.some((one) => pathWithin(root, one) !== undefined || pathWithin(one, root) !== undefined),
      ),
    );
    const assumed =
      saved.length === 1 &&
      paths.length === 1 &&
      !covered &&
      path !== undefined &&
      pathWithin(path, absolute);
    return typeof assumed === 'string' && only !== undefined ? join(only, assumed) : place;
  };
}

const join = (volume: string, path: string): string => (path === '' ? volume : `${volume}/${path}`);

/** `told` with the real names at its end: it and the path in the tree end alike. */
function renamed(told: string, real: Uint8Array | string): Uint8Array | string {
  if (typeof real === 'string') return told;
  const names = told.split('/');
  const first = names.findIndex(isLossy);
  const bytes = Buffer.from(real);
  let from = bytes.length;
  for (let count = names.length - first; count > 0; count--) from = bytes.lastIndexOf('/', from - 1);
  return Buffer.concat([
    Buffer.from(names.slice(0, first).join('/')),
    first === 0 ? bytes.subarray(from + 1) : bytes.subarray(from),
  ]);
}
