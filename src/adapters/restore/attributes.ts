import type { FileHandle } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { bytesOfPrinted } from '../../domain/names.js';
import { openAttributes } from '../mirror/metadata-attributes.js';
import { HANDED, runProjectTool } from '../project/tool.js';
import { findSetfattr, setAttributes } from './metadata-xattrs.js';
import { scanTree } from './scan.js';

/** Names of attributes as `printableName` has them, and values in base64. */
export type Attributes = Readonly<Record<string, string>>;

/** Extended attributes, POSIX ACLs among them, of a restored tree and of what is live in its places. */
export interface TreeAttributes {
  /** Of an entry, by its path as latin1; undefined if it has none. Of the live root itself by `.`. */
  staged: ReadonlyMap<string, Attributes>;
  live: ReadonlyMap<string, Attributes>;
  /** False where getfattr(1) is not installed: nothing can be said then. */
  isKnown: boolean;
}

/** What the system gives to files by itself: no difference of what was saved. */
const LABELS = new Set(['security.selinux', 'security.ima', 'security.evm']);

/** What a user who is not root can set. */
const SETTABLE = /^(user\.|system\.posix_acl_)/;

/** Reads the attributes of all that is in a restored tree, and of the live entries of the same paths. */
export async function readTreeAttributes(
  tree: FileHandle,
  live: FileHandle,
  signal: AbortSignal,
): Promise<TreeAttributes> {
  const asRoot = process.getuid?.() === 0;
  const open = async (folder: FileHandle) => {
    const found = new Map<string, Attributes>();
    const attributes = await openAttributes(folder, {
      onFile: (path, xattrs) => {
        const own = Object.entries(xattrs).filter(
          ([name]) => !LABELS.has(name) && (asRoot || SETTABLE.test(name)),
        );
        if (own.length > 0) found.set(path.toString('latin1'), Object.fromEntries(own));
        return Promise.resolve();
      },
      onUnreadable: () => undefined,
    });
    return { found, attributes };
  };
  const sides = [await open(tree), await open(live)] as const;
  const [, ofLive] = sides;
  ofLive.attributes.add(Buffer.from('.'));
  try {
    await scanTree(
      tree,
      ({ bytes }) => {
        for (const { attributes } of sides) attributes.add(bytes);
      },
      signal,
    );
    for (const { attributes } of sides) await attributes.finish();
  } finally {
    for (const { attributes } of sides) await attributes.kill();
  }
  const [staged, other] = sides;
  const isKnown = sides.every(({ attributes }) => attributes.state !== 'unread');
  return { staged: staged.found, live: other.found, isKnown };
}

/** Drops the attributes of an open folder that it should not have, or sets those that it should. What cannot be is not told. */
export async function changeAttributes(
  folder: FileHandle,
  { staged = {}, live = {} }: { staged: Attributes | undefined; live: Attributes | undefined },
  what: 'drop' | 'set',
): Promise<void> {
  if (what === 'set') {
    await setAttributes(folder, [{ path: Buffer.from('.'), xattrs: staged }]);
    return;
  }
  const surplus = Object.keys(live).filter((name) => !Object.hasOwn(staged, name));
  const setfattr = surplus.length > 0 ? await findSetfattr() : undefined;
  if (setfattr === undefined) return;
  for (const name of surplus) {
    const input = Buffer.concat([Buffer.from(bytesOfPrinted(name)), Buffer.alloc(1)]);
    const args = ['-0', '-I', '{}', setfattr, '-h', '-x', '{}', '--', HANDED];
    await runProjectTool({ file: 'xargs', args, folder, input }).catch((error: unknown) => {
      if (!(error instanceof FtsError) || error.type !== 'ToolFailed') throw error;
    });
  }
}

/** Whether two entries have the same attributes. */
export function haveSameAttributes(one: Attributes = {}, other: Attributes = {}): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
  );
}
