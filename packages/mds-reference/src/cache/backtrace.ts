import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { Encoder } from '@cephts/encoding';
import { objectName } from '../journal/file-objects.js';
import { MDSIOContext } from '../rank/mds-context.js';
import { ObjectOperation } from '../store/object-store.js';
import { InodeBackpointer, InodeBacktrace } from '../types/inode-backtrace.js';
import type { CInode } from './cinode.js';

const scratch = new Encoder(1024);

/** Pool that an inode's backtrace is in: that of its data, for a directory that of the metadata. */
export function backtracePool(inode: CInode): number {
  return inode.isDir() ? inode.mdcache.mds.metadataPool : inode.inode.layout.poolId;
}

/** The way from an inode up to the root. */
export function buildBacktrace(inode: CInode, pool: number): InodeBacktrace {
  const backtrace = new InodeBacktrace();
  backtrace.ino = inode.ino;
  backtrace.pool = pool;
  let at = inode;
  for (let dn = at.getParentDn(); dn; dn = at.getParentDn()) {
    const diri = dn.dir.inode;
    backtrace.ancestors.push(new InodeBackpointer(diri.ino, dn.name, at.inode.version));
    at = diri;
  }
  // a pool that was left and chosen again must not send the reader round in circles
  for (const old of inode.inode.oldPools) if (old !== pool) backtrace.oldPools.push(old);
  return backtrace;
}

class C_IO_Inode_StoredBacktrace extends MDSIOContext {
  readonly #inode: CInode;
  readonly #version: number;
  readonly #completion: Completion | undefined;

  constructor(inode: CInode, completion: Completion | undefined) {
    super(inode.mdcache.mds);
    this.#inode = inode;
    this.#version = inode.inode.backtraceVersion;
    this.#completion = completion;
  }

  override finish(r: number): void {
    const inode = this.#inode;
    inode.authUnpin(inode);
    if (r < 0) {
      inode.mdcache.mds.clog(
        'error',
        `failed to store backtrace on ino 0x${inode.ino.toString(16)} object, pool ${backtracePool(inode)}, errno ${r}`,
      );
      inode.mdcache.mds.handleWriteError(r);
    } else if (this.#version === inode.inode.backtraceVersion) {
      inode.clearDirtyParent();
    }
    if (this.#completion) complete(this.#completion, r);
  }
}

/**
 * Stores where an inode is, as xattrs of its first object: `parent` and `layout`. Pools its data was in before get the former as well, so
 * that who looks there finds the new pool.
 *
 * @see CInode::store_backtrace in src/mds/CInode.cc (16.2.15)
 */
export function storeBacktrace(inode: CInode, completion?: Completion): void {
  const { mds } = inode.mdcache;
  inode.authPin(inode);
  const done = new C_IO_Inode_StoredBacktrace(inode, completion);
  const pool = backtracePool(inode);
  const e = scratch.reset();
  buildBacktrace(inode, pool).encode(e);
  const parent = e.toBytes();
  const layout = e.reset();
  inode.inode.layout.encode(layout);
  const oid = objectName(inode.ino, 0);
  const op = new ObjectOperation().create(false).setXattr('parent', parent).setXattr('layout', layout.toBytes());

  const old = inode.isDirtyPool() ? inode.inode.oldPools.filter((other) => other !== pool) : [];
  let pending = 1 + old.length;
  let result = 0;
  const oneDone = (r: number): void => {
    // a pool that is gone needs no backtrace
    if (r < 0 && r !== -ERRNO.ENOENT && result === 0) result = r;
    if (--pending === 0) mds.finisher.queue(done, result);
  };
  mds.objecter.operate(oid, { pool, namespace: inode.isDir() ? '' : inode.inode.layout.poolNs }, op, oneDone);
  for (const other of old) {
    mds.objecter.operate(oid, { pool: other }, new ObjectOperation().create(false).setXattr('parent', parent), oneDone);
  }
}
