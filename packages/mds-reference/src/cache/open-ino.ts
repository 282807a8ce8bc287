import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { DecodeError, Decoder } from '@cephts/encoding';
import { objectName } from '../journal/file-objects.js';
import { MDSIOContextWrapper, MDSInternalContextWrapper } from '../rank/mds-context.js';
import { ObjectOperation } from '../store/object-store.js';
import type { InodeBackpointer } from '../types/inode-backtrace.js';
import { InodeBacktrace } from '../types/inode-backtrace.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';

/** An inode being looked for. */
interface Opening {
  readonly ino: number;
  pool: number;
  /** Its directory first; undefined until the backtrace is read. */
  ancestors: readonly InodeBackpointer[] | undefined;
  readonly waiters: Completion[];
}

/** A backtrace leads to a directory that has moved on: how often it is read again. */
const MAX_TRIES = 5;

/**
 * Finds inodes by number: reads the backtrace that is stored with the first object of each, opens the directory it names (by number in turn)
 * and reads that.
 *
 * @see MDCache::open_ino in src/mds/MDCache.cc (16.2.15)
 */
export class OpenIno {
  readonly #cache: MDCache;
  readonly #opening = new Map<number, Opening>();

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  /** Inodes being looked for. */
  get size(): number {
    return this.#opening.size;
  }

  /**
   * @param pool where its backtrace is; −1 for the first data pool
   * @param completion told this rank's number (0 or above), -ENOENT, -ESTALE
   */
  open(ino: number, pool: number, completion: Completion): void {
    const { mds } = this.#cache;
    if (this.#cache.getInode(ino)) {
      mds.queueWaiter(new MDSInternalContextWrapper(mds, () => complete(completion, mds.whoami)));
      return;
    }
    const known = this.#opening.get(ino);
    if (known) {
      known.waiters.push(completion);
      return;
    }
    const opening: Opening = { ino, pool: pool < 0 ? mds.dataPool : pool, ancestors: undefined, waiters: [completion] };
    this.#opening.set(ino, opening);
    this.#fetchBacktrace(opening, 0);
  }

  #finish(opening: Opening, r: number): void {
    this.#opening.delete(opening.ino);
    for (const waiter of opening.waiters) complete(waiter, r);
  }

  /** Is it in the cache by now? */
  #found(opening: Opening): boolean {
    if (!this.#cache.getInode(opening.ino)) return false;
    this.#finish(opening, this.#cache.mds.whoami);
    return true;
  }

  #fetchBacktrace(opening: Opening, tries: number): void {
    const { mds } = this.#cache;
    this.#cache.perf.inc('openino_backtrace_fetch');
    const op = new ObjectOperation();
    const parent = op.getXattr('parent');
    const done = new MDSIOContextWrapper(mds, (r) => this.#gotBacktrace(opening, tries, r, parent.value));
    mds.objecter.operate(objectName(opening.ino, 0), { pool: opening.pool }, op, (r: number) => mds.finisher.queue(done, r));
  }

  #gotBacktrace(opening: Opening, tries: number, r: number, bytes: Uint8Array | undefined): void {
    if (this.#found(opening)) return;
    const { metadataPool } = this.#cache.mds;
    if (r === -ERRNO.ENOENT && opening.pool !== metadataPool) {
      // a directory, or what was never stored
      opening.pool = metadataPool;
      this.#fetchBacktrace(opening, tries);
      return;
    }
    if (r < 0 || !bytes) {
      this.#finish(opening, r === -ERRNO.ENOENT || r >= 0 ? -ERRNO.ESTALE : r);
      return;
    }
    let backtrace: InodeBacktrace;
    try {
      backtrace = InodeBacktrace.decode(new Decoder(bytes, 'inode_backtrace_t'));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#cache.mds.clog('error', `corrupt backtrace on ino 0x${opening.ino.toString(16)}: ${error.message}`);
      this.#finish(opening, -ERRNO.EIO);
      return;
    }
    if (backtrace.pool !== opening.pool && backtrace.pool !== -1 && tries < MAX_TRIES) {
      opening.pool = backtrace.pool;
      this.#fetchBacktrace(opening, tries + 1);
      return;
    }
    const [first] = backtrace.ancestors;
    const [before] = opening.ancestors ?? [];
    if (!first) {
      this.#finish(opening, -ERRNO.ESTALE);
    } else if (before && before.dirino === first.dirino && before.dname === first.dname) {
      // it was looked for there already
      this.#finish(opening, -ERRNO.ENOENT);
    } else {
      opening.ancestors = backtrace.ancestors;
      this.#traverse(opening, tries);
    }
  }

  /** Reads the lowest directory of the backtrace that is in the cache. */
  #traverse(opening: Opening, tries: number): void {
    if (this.#found(opening)) return;
    const ancestors = opening.ancestors ?? [];
    const { mds } = this.#cache;
    for (const [i, { dirino, dname }] of ancestors.entries()) {
      const diri = this.#cache.getInode(dirino);
      if (!diri) continue;
      if (!diri.isDir()) break;
      const dir = diri.getOrOpenDirfrag(diri.pickDirfrag(dname));
      if (!dir.lookup(dname) && !dir.isComplete()) {
        this.#cache.perf.inc('openino_dir_fetch');
        dir.fetch(
          new MDSInternalContextWrapper(mds, (r) => {
            if (r < 0 && i === 0) this.#retry(opening, tries);
            else this.#traverse(opening, tries);
          }),
        );
        return;
      }
      if (i === 0) {
        // its directory is there, and it isn't in it: it was moved since the backtrace was written
        this.#retry(opening, tries);
        return;
      }
      break;
    }
    const parent = ancestors[0];
    if (!parent) {
      this.#finish(opening, -ERRNO.ESTALE);
      return;
    }
    this.open(parent.dirino, mds.metadataPool, (r) => {
      if (r < 0) this.#retry(opening, tries, r);
      else this.#traverse(opening, tries);
    });
  }

  #retry(opening: Opening, tries: number, r = -ERRNO.ENOENT): void {
    if (this.#found(opening)) return;
    if (tries >= MAX_TRIES) this.#finish(opening, r);
    else this.#fetchBacktrace(opening, tries + 1);
  }

  /** Ties a remote dentry to its inode, once that is found. */
  openRemote(ino: number, isDir: boolean, completion: (inode: CInode | undefined, r: number) => void): void {
    this.open(ino, isDir ? this.#cache.mds.metadataPool : -1, (r) => completion(this.#cache.getInode(ino), r));
  }
}
