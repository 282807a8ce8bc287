import { fragToString } from '@cephts/encoding';
import type { DirFrag } from '@cephts/encoding';
import { ESubtreeMap } from '../journal/events/e-subtree-map.js';
import { CDIR_AUTH_PARENT } from './cdir.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';
import { addDir, addDirContext } from './meta-blob.js';
import { PIN } from './pins.js';

/** In place of a rank: another one is in charge, whichever it is. */
export const CDIR_AUTH_UNDEF = -2;
/** In place of a rank: it was coming to this one, and nothing says yet that it has come. */
export const CDIR_AUTH_IMPORTING = -3;

/**
 * Fragments where a subtree begins: a part of the tree that one rank is in charge of. A rank that is alone has that of the root and that of its
 * own directory; others come and go only while a journal is replayed of a time when it was not alone. So there are few, and what lies between two of
 * them is looked for when it is asked for.
 *
 * @see MDCache::subtrees in src/mds/MDCache.cc (16.2.15)
 */
export class SubtreeMap {
  readonly #cache: MDCache;
  readonly #roots = new Set<CDir>();

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  get size(): number {
    return this.#roots.size;
  }

  isSubtrees(): boolean {
    for (const dir of this.#roots) if (this.isOurs(dir)) return true;
    return false;
  }

  has(dir: CDir): boolean {
    return this.#roots.has(dir);
  }

  roots(): IterableIterator<CDir> {
    return this.#roots.values();
  }

  /** Subtrees that begin right below another one. */
  bounds(root: CDir): Set<CDir> {
    const bounds = new Set<CDir>();
    for (const dir of this.#roots) if (dir !== root && this.#above(dir) === root) bounds.add(dir);
    return bounds;
  }

  /** Where the subtree that a fragment is in begins. */
  getSubtreeRoot(dir: CDir): CDir | undefined {
    for (let at: CDir | undefined = dir; at; at = at.inode.getParentDir()) if (at.isSubtreeRoot()) return at;
    return undefined;
  }

  /** The subtree right above the one that begins here. */
  #above(dir: CDir): CDir | undefined {
    const parent = dir.inode.getParentDir();
    return parent && this.getSubtreeRoot(parent);
  }

  /** Who is in charge of a fragment: a rank, or CDIR_AUTH_UNDEF, CDIR_AUTH_IMPORTING. */
  authority(dir: CDir): number {
    return this.getSubtreeRoot(dir)?.dirAuthFirst ?? CDIR_AUTH_UNDEF;
  }

  /** Is a fragment where a subtree begins in this rank's hands, or coming to it? */
  isOurs(root: CDir): boolean {
    return root.dirAuthFirst === this.#cache.mds.whoami || root.dirAuthFirst === CDIR_AUTH_IMPORTING;
  }

  /** A subtree begins here, and `auth` is in charge of it. */
  adjustSubtreeAuth(dir: CDir, auth: number): void {
    if (!this.#roots.has(dir)) {
      this.#roots.add(dir);
      dir.get(PIN.SUBTREE);
    }
    dir.dirAuthFirst = auth;
  }

  /**
   * A subtree begins here and ends where `bounds` begin: what of others lies in between goes with it, and what lies behind a bound stays whose it was.
   *
   * @see MDCache::adjust_bounded_subtree_auth
   */
  adjustBoundedSubtreeAuth(root: CDir, bounds: ReadonlySet<CDir>, auth: number): void {
    for (const bound of bounds) if (!bound.isSubtreeRoot()) this.adjustSubtreeAuth(bound, this.authority(bound));
    this.adjustSubtreeAuth(root, auth);
    for (let swallowed = true; swallowed;) {
      swallowed = false;
      for (const inside of this.bounds(root)) {
        if (bounds.has(inside)) continue;
        this.remove(inside);
        swallowed = true;
      }
    }
  }

  /** Where the same one is in charge on both sides there is no border: not above it, nor below. @see MDCache::try_subtree_merge */
  tryMerge(root: CDir): void {
    for (const bound of this.bounds(root)) this.tryMergeAt(bound);
    this.tryMergeAt(root);
  }

  tryMergeAt(dir: CDir): void {
    if (this.#above(dir)?.dirAuthFirst === dir.dirAuthFirst) this.remove(dir);
  }

  /**
   * A directory has moved: what of it is open stays in the hands it was in.
   *
   * @see MDCache::adjust_subtree_after_rename
   */
  adjustAfterRename(inode: CInode, from: CDir): void {
    const to = inode.getParentDir();
    if (!to) return;
    const before = this.authority(from);
    for (const dir of inode.getDirfrags()) {
      if (!dir.isSubtreeRoot() && before === this.authority(to)) continue;
      if (!dir.isSubtreeRoot()) this.adjustSubtreeAuth(dir, before);
      this.tryMergeAt(dir);
    }
  }

  /** No subtree begins here any more. */
  remove(dir: CDir): void {
    if (!this.#roots.delete(dir)) return;
    dir.dirAuthFirst = CDIR_AUTH_PARENT;
    dir.put(PIN.SUBTREE);
  }

  /**
   * The event every segment begins with: the subtrees, and the way to each.
   *
   * @see MDCache::create_subtree_map
   */
  createSubtreeMap(): ESubtreeMap {
    const { mds, myin } = this.#cache;
    const event = new ESubtreeMap();
    mds.mdlog.startEntry(event);
    const dirs = new Map<DirFrag, CDir>();
    const mydir = myin?.getDirfrag(0);
    if (mydir) dirs.set(mydir.dirfrag, mydir);
    for (const dir of this.#roots) {
      if (!this.isOurs(dir)) continue;
      const bounds = this.bounds(dir);
      dirs.set(dir.dirfrag, dir);
      event.subtrees.push({ root: dir.dirfrag, bounds: [...bounds].map((bound) => bound.dirfrag) });
      for (const bound of bounds) dirs.set(bound.dirfrag, bound);
    }
    const sorted = [...dirs.values()].sort((a, b) => a.dirfrag.ino - b.dirfrag.ino || a.frag - b.frag);
    for (const dir of sorted) {
      addDirContext(event.metablob, dir, true);
      addDir(event.metablob, dir, false);
    }
    event.expirePos = mds.mdlog.journaler.expirePos;
    return event;
  }

  /** `get subtrees`. */
  dump(): unknown[] {
    return [...this.#roots].map((dir) => ({
      is_auth: true,
      auth_first: dir.dirAuthFirst,
      auth_second: -2,
      export_pin: dir.inode.inode.exportPin,
      distributed_ephemeral_pin: dir.inode.inode.exportEphemeralDistributedPin,
      random_ephemeral_pin: false,
      export_pin_target: -1,
      dir: dumpDirHead(dir),
    }));
  }
}

/** What is said of a fragment wherever one is shown. */
export function dumpDirHead(dir: CDir): Record<string, unknown> {
  const states: string[] = ['auth'];
  if (dir.isDirty()) states.push('dirty');
  if (dir.isComplete()) states.push('complete');
  if (dir.isFetching()) states.push('fetching');
  if (dir.isCommitting()) states.push('committing');
  return {
    path: dir.inode.makePathString(),
    dirfrag: dir.frag === 0 ? `0x${dir.dirfrag.ino.toString(16)}` : `0x${dir.dirfrag.ino.toString(16)}.${fragToString(dir.frag)}`,
    snapid_first: Number(dir.first),
    projected_version: String(dir.projectedVersion),
    version: String(dir.getVersion()),
    committing_version: String(dir.committingVersion),
    committed_version: String(dir.committedVersion),
    is_rep: false,
    dir_auth: dir.isSubtreeRoot() ? String(dir.dirAuthFirst) : '',
    states,
    is_auth: true,
    auth_pins: dir.numAuthPins,
    is_frozen: dir.isFrozen(),
    is_freezing: dir.isFreezing(),
    nref: dir.numRef,
  };
}
