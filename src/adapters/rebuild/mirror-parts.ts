import { LINK } from '../../domain/mirror-filter.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import type { ListedFile } from '../mirror/listing.js';
import { type Slice, addSlice } from './mirror-files.js';
import { partition, withAbove } from './partition.js';
import type { Folder, Part } from './record.js';
import type { Division } from './snapshot.js';
import type { Metadata } from '../restore/metadata.js';
import { MirrorTally } from '../restore/mirror-tally.js';

/** What lies in no part: the folders in which parts lie. */
const WAYS = '';

interface Draft {
  /** Bytes as latin1 text, as all paths here. */
  path: string;
  kind: Part['kind'];
  isProject: boolean;
  newestMs: number;
  tally: MirrorTally;
  listed: Slice[];
  told: Slice[];
}

/** Parts of a mirror, put together from its listing and its manifest. */
export class MirrorParts {
  readonly #drafts = new Map<string, Draft>();
  readonly #belongs;
  readonly #projects;
  readonly #kept;
  readonly folders: Folder[] = [];
  /** Where the manifest tells of the folders in which parts lie. */
  readonly ways: Slice[] = [];

  constructor({ projects, directories }: Division) {
    this.#projects = new Set(projects.map(latin1));
    this.#kept = new Set(directories.flatMap(withAbove).map(latin1));
    this.#belongs = partition({ projects: [...this.#projects] });
  }

  /** Takes a file of the listing up. */
  list({ name, size, mtime }: ListedFile, slice: Slice): void {
    const path = latin1(pathOfRcloneName(Buffer.from(name, 'latin1').toString()));
    const draft = this.#draftOf(path.endsWith(LINK) ? path.slice(0, -LINK.length) : path, 'file');
    if (!draft) return;
    draft.tally.addListed(path, size);
    draft.newestMs = Math.max(draft.newestMs, Date.parse(mtime));
    addSlice(draft.listed, slice);
  }

  /** Takes an entry of the manifest up; the part that it belongs to, '' for a folder in which parts lie, or undefined for what is never restored. */
  tell(entry: Metadata): string | undefined {
    const path = entry.path.toString('latin1');
    if (path === '') return WAYS;
    const kind = entry.type === 'folder' ? 'dir' : 'file';
    const place = this.#belongs({ kind, path });
    if (place.to === 'nothing') return undefined;
    if (kind === 'dir' && (place.to === 'way' || this.#kept.has(path))) this.folders.push(folderOf(entry));
    if (place.to === 'way') return WAYS;
    const draft = this.#draftOf(path, kind);
    if (draft) draft.newestMs = Math.max(draft.newestMs, Number(entry.modifiedNs / MILLISECOND_NS));
    return draft?.path;
  }

  /** Notes where in the packed manifest the lines of a part are. */
  packed(run: string, slice: Slice): void {
    addSlice(run === WAYS ? this.ways : (this.#drafts.get(run)?.told ?? []), slice);
  }

  #draftOf(path: string, kind: 'file' | 'dir'): Draft | undefined {
    const place = this.#belongs({ kind, path });
    if (place.to !== 'part') return undefined;
    const known = this.#drafts.get(place.text);
    if (known) {
      if (!place.root) known.kind = 'folder';
      return known;
    }
    const draft: Draft = {
      path: place.text,
      kind: place.root && kind === 'file' ? 'file' : 'folder',
      isProject: this.#projects.has(place.text.slice(0, Math.max(0, place.text.lastIndexOf('/')))),
      ...{ newestMs: 0, tally: new MirrorTally(), listed: [], told: [] },
    };
    this.#drafts.set(place.text, draft);
    return draft;
  }

  parts(): Part[] {
    return [...this.#drafts.values()].map(({ path, tally, ...part }, nth) => ({
      ...part,
      ...{ nth, path: Buffer.from(path, 'latin1').toString('hex'), expected: tally.result() },
    }));
  }
}

const MILLISECOND_NS = 1_000_000n;

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

const folderOf = ({ path, mode, uid, gid, modifiedNs }: Metadata): Folder => ({
  ...{ path: path.toString(), mode, uid: uid ?? 0, gid: gid ?? 0 },
  modifiedNs: String(modifiedNs),
});
