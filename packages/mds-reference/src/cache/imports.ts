import { fragValue } from '@cephts/encoding';
import type { DirFrag } from '@cephts/encoding';
import { EImportFinish } from '../journal/events/e-import-finish.js';
import type { CDir } from './cdir.js';
import { forceDirFragment } from './dir-fragments.js';
import { dropForeignSubtree } from './foreign-subtrees.js';
import type { MDCache } from './md-cache.js';
import { ReplayError } from './replay-error.js';
import { CDIR_AUTH_IMPORTING, CDIR_AUTH_UNDEF } from './subtree-map.js';

interface Import {
  readonly base: DirFrag;
  readonly bounds: readonly DirFrag[];
}

/**
 * Subtrees that were coming from another rank: as far as the journal was replayed nothing says whether they have come.
 *
 * @see MDCache::my_ambiguous_imports in src/mds/MDCache.h (16.2.15)
 */
export class Imports {
  readonly #cache: MDCache;
  readonly #imports = new Map<string, Import>();

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  has(base: DirFrag): boolean {
    return this.#imports.has(String(base));
  }

  /** @throws ReplayError where the fragments are not known */
  begin(base: DirFrag, bounds: readonly DirFrag[]): void {
    this.#imports.set(String(base), { base, bounds });
    this.#cache.subtrees.adjustBoundedSubtreeAuth(this.open(base), this.openAll(bounds), CDIR_AUTH_IMPORTING);
  }

  /** It has come, or it has not. @throws ReplayError where it was not coming */
  finish(base: DirFrag, success: boolean): void {
    const { subtrees, mds } = this.#cache;
    const known = this.#imports.get(String(base));
    if (!known) throw new ReplayError(`subtree ${base} was not coming from another rank`);
    const root = this.open(base);
    subtrees.adjustBoundedSubtreeAuth(root, this.openAll(known.bounds), success ? mds.whoami : CDIR_AUTH_UNDEF);
    this.#imports.delete(String(base));
    if (success) subtrees.tryMerge(root);
    else dropForeignSubtree(this.#cache, root);
  }

  /** No other rank is there to have kept them: they have come. @see MDCache::disambiguate_my_imports */
  claimAll(): void {
    const { mds } = this.#cache;
    for (const { base } of [...this.#imports.values()]) {
      mds.clog('warn', `subtree ${base} was coming from another rank, which is gone: it is ours`);
      this.finish(base, true);
      mds.mdlog.startSubmitEntry(new EImportFinish(base, true));
    }
  }

  /** @throws ReplayError where its directory is not in the cache */
  open(dirfrag: DirFrag): CDir {
    const inode = this.#cache.getInode(dirfrag.ino);
    if (!inode) throw new ReplayError(`fragment ${dirfrag} is not known`);
    return forceDirFragment(inode, dirfrag.frag);
  }

  /** Those whose directories are in the cache, as they are cut now. */
  openAll(dirfrags: readonly DirFrag[]): Set<CDir> {
    const open = new Set<CDir>();
    for (const { ino, frag } of dirfrags) {
      const inode = this.#cache.getInode(ino);
      if (!inode) continue;
      const under = inode.dirfragtree.getLeavesUnder(frag);
      const leaves = under.length > 0 ? under : [inode.dirfragtree.leafOf(fragValue(frag))];
      for (const leaf of leaves) open.add(inode.getOrOpenDirfrag(leaf));
    }
    return open;
  }
}
