import { fragToString } from '@cephts/encoding';
import type { DirFrag } from '@cephts/encoding';
import { ESubtreeMap } from '../journal/events/e-subtree-map.js';
import { CDIR_AUTH_PARENT } from './cdir.js';
import type { CDir } from './cdir.js';
import type { MDCache } from './md-cache.js';
import { addDir, addDirContext } from './meta-blob.js';
import { PIN } from './pins.js';

/** In place of a rank: nobody knows who is in charge of the subtree. */
export const CDIR_AUTH_UNDEF = -2;

/**
 * Fragments where a subtree begins: a part of the tree that one rank is in charge of. With a single rank these are those of the root and of
 * the rank's own directory.
 *
 * @see MDCache::subtrees in src/mds/MDCache.cc (16.2.15)
 */
export class SubtreeMap {
  readonly #cache: MDCache;
  /** Each with the subtrees that begin right below it. */
  readonly #subtrees = new Map<CDir, Set<CDir>>();

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  get size(): number {
    return this.#subtrees.size;
  }

  isSubtrees(): boolean {
    for (const dir of this.#subtrees.keys()) if (dir.dirAuthFirst >= 0) return true;
    return false;
  }

  has(dir: CDir): boolean {
    return this.#subtrees.has(dir);
  }

  roots(): IterableIterator<CDir> {
    return this.#subtrees.keys();
  }

  bounds(dir: CDir): ReadonlySet<CDir> {
    return this.#subtrees.get(dir) ?? new Set();
  }

  /** Where the subtree that a fragment is in begins. */
  getSubtreeRoot(dir: CDir): CDir | undefined {
    for (let at: CDir | undefined = dir; at; at = at.inode.getParentDir()) if (at.isSubtreeRoot()) return at;
    return undefined;
  }

  /** A subtree begins here, and `rank` (or CDIR_AUTH_UNDEF) is in charge of it. */
  adjustSubtreeAuth(dir: CDir, rank: number): void {
    if (!this.#subtrees.has(dir)) {
      const above = dir.inode.isBase() ? undefined : dir.getParentDir();
      const root = above && this.getSubtreeRoot(above);
      const bounds = new Set<CDir>();
      if (root) {
        const siblings = this.#subtrees.get(root) as Set<CDir>;
        dir.dirAuthFirst = rank;
        for (const bound of siblings) {
          const parent = bound.getParentDir();
          if (parent && this.getSubtreeRoot(parent) === dir) {
            siblings.delete(bound);
            bounds.add(bound);
          }
        }
        siblings.add(dir);
      }
      this.#subtrees.set(dir, bounds);
      dir.get(PIN.SUBTREE);
    }
    dir.dirAuthFirst = rank;
  }

  /** No subtree begins here any more. */
  remove(dir: CDir): void {
    const bounds = this.#subtrees.get(dir);
    if (!bounds) return;
    this.#subtrees.delete(dir);
    for (const [root, others] of this.#subtrees) {
      if (!others.delete(dir)) continue;
      for (const bound of bounds) this.#subtrees.get(root)?.add(bound);
    }
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
    for (const [dir, bounds] of this.#subtrees) {
      if (dir.dirAuthFirst !== mds.whoami) continue;
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
    return [...this.#subtrees.keys()].map((dir) => ({
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
