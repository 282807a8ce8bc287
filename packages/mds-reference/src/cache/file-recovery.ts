import { objectName } from '../journal/file-objects.js';
import { MDSIOContextWrapper } from '../rank/mds-context.js';
import { ObjectOperation } from '../store/object-store.js';
import type { CInode } from './cinode.js';
import { numObjects } from './file-truncate.js';
import type { MDCache } from './md-cache.js';

/** Files looked at together. */
const MAX_RECOVERING = 5;

/**
 * Files whose size nobody knows, because a client that could write them is gone: their objects say how long they are.
 *
 * @see src/mds/RecoveryQueue.cc (16.2.15)
 */
export class FileRecovery {
  readonly #cache: MDCache;
  readonly #queue = new Set<CInode>();
  #running = 0;

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  get length(): number {
    return this.#queue.size;
  }

  enqueue(inode: CInode): void {
    if (inode.isRecovering()) return;
    inode.markNeedsRecover();
    this.#queue.add(inode);
  }

  /** Begins as many as may run. */
  advance(): void {
    for (const inode of this.#queue) {
      if (this.#running >= MAX_RECOVERING) return;
      this.#queue.delete(inode);
      this.#start(inode);
    }
  }

  #start(inode: CInode): void {
    const { layout, clientRanges, size } = inode.inode;
    inode.setRecovering(true);
    inode.authPin(this);
    this.#running++;
    const max = Math.max(size, inode.inode.getMaxSize());
    if (clientRanges.size === 0 || layout.stripeCount === 0) this.#finish(inode, size);
    else this.#probe(inode, numObjects(layout, max) - 1);
  }

  /** From the last object it could have down to the first one that is there. */
  #probe(inode: CInode, index: number): void {
    const { mds } = this.#cache;
    const { layout } = inode.inode;
    if (index < 0) {
      this.#finish(inode, 0);
      return;
    }
    const op = new ObjectOperation();
    const stat = op.stat();
    const done = new MDSIOContextWrapper(mds, () => {
      const bytes = stat.value?.size ?? 0;
      if (bytes === 0) this.#probe(inode, index - 1);
      else this.#finish(inode, endOf(inode, index, bytes));
    });
    const loc = { pool: layout.poolId, namespace: layout.poolNs };
    mds.objecter.operate(objectName(inode.ino, index), loc, op, (r: number) => mds.finisher.queue(done, r === -2 ? 0 : r));
  }

  #finish(inode: CInode, size: number): void {
    const { mds } = this.#cache;
    this.#running--;
    inode.setRecovering(false);
    inode.authUnpin(this);
    const known = inode.getProjectedInode();
    mds.locker.caps.maxSize.checkInodeMaxSize(inode, 0, Math.max(size, known.size), known.mtime);
    mds.locker.eval(inode, -1);
    this.advance();
  }
}

/** End of a file in which object `index` is the last, with so many bytes. */
function endOf(inode: CInode, index: number, bytes: number): number {
  const { stripeUnit, stripeCount, period } = inode.inode.layout;
  const set = Math.floor(index / stripeCount);
  const rows = Math.floor((bytes - 1) / stripeUnit);
  return set * period + (rows * stripeCount + (index % stripeCount)) * stripeUnit + (bytes - rows * stripeUnit);
}
