import { Encoder } from '@cephts/encoding';
import { objectName } from '../journal/file-objects.js';
import { MDSIOContext } from '../rank/mds-context.js';
import { ObjectOperation } from '../store/object-store.js';
import { encodePrimaryDentry, encodeRemoteDentry } from '../types/dentry-value.js';
import type { CDentry } from './cdentry.js';
import type { CDir } from './cdir.js';

/** Bytes beside key and value that an entry counts for. */
const ENTRY_OVERHEAD = 8;

const scratch = new Encoder(1 << 16);

class C_IO_Dir_Committed extends MDSIOContext {
  readonly #dir: CDir;
  readonly #version: number;

  constructor(dir: CDir, version: number) {
    super(dir.inode.mdcache.mds);
    this.#dir = dir;
    this.#version = version;
  }

  override finish(r: number): void {
    this.#dir.committed(r, this.#version);
  }
}

/** The bytes of a dentry's omap value. */
export function encodeDentry(dn: CDentry): Uint8Array {
  const { linkage } = dn;
  const e = scratch.reset();
  if (linkage.isRemote()) encodeRemoteDentry(e, dn.first, dn.alternateName, linkage.remoteIno, linkage.remoteDType);
  else if (linkage.inode) encodePrimaryDentry(e, dn.first, dn.alternateName, linkage.inode.toStore());
  return e.toBytes();
}

/**
 * Writes what changed in a directory fragment to its object: entries in transactions of at most `mds_dir_max_commit_size`, the fnode with
 * the last of them, so that a fragment that was written in part shows its old version.
 *
 * @param whole write every entry, changed or not: the object is new, and made of others
 * @see CDir::_omap_commit in src/mds/CDir.cc (16.2.15)
 */
export function commitDir(dir: CDir, whole = false): void {
  const { mds } = dir.inode.mdcache;
  const maxSize = mds.cct.conf.number('mds_dir_max_commit_size') * 1024 * 1024;
  const oid = objectName(dir.inode.ino, dir.frag);
  const loc = { pool: mds.metadataPool };
  const isNew = dir.isNew();
  const done = new C_IO_Dir_Committed(dir, dir.getVersion());
  let pending = 1;
  let result = 0;
  const oneDone = (r: number): void => {
    if (r < 0 && result === 0) result = r;
    if (--pending === 0) mds.finisher.queue(done, result);
  };

  let set = new Map<string, Uint8Array>();
  let remove: string[] = [];
  let size = 0;
  const write = (header: boolean): void => {
    const op = new ObjectOperation();
    // a fragment that was stored before is not created again: if its object is gone that is an error
    if (!isNew) op.stat();
    if (header) {
      const e = scratch.reset();
      dir.fnode.encode(e);
      op.omapSetHeader(e.toBytes());
    }
    if (set.size > 0) op.omapSet(set);
    if (remove.length > 0) op.omapRmKeys(remove);
    pending++;
    mds.objecter.operate(oid, loc, op, oneDone);
    set = new Map();
    remove = [];
    size = 0;
  };

  const entries = whole ? dir.items.values() : dir.dirtyDentries;
  for (const dn of entries) {
    const { key } = dn;
    // it can no longer be dropped silently
    dn.clearNew();
    if (dn.linkage.isNull()) {
      if (size + key.length > maxSize) write(false);
      size += key.length + ENTRY_OVERHEAD;
      remove.push(key);
    } else {
      const value = encodeDentry(dn);
      if (size + key.length + value.length > maxSize) write(false);
      size += key.length + value.length + ENTRY_OVERHEAD;
      set.set(key, value);
    }
  }
  write(true);
  oneDone(0);
}
