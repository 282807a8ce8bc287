import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { DecodeError, Decoder, Encoder } from '@cephts/encoding';
import { objectName } from '../journal/file-objects.js';
import { MDSIOContextWrapper } from '../rank/mds-context.js';
import { ObjectOperation } from '../store/object-store.js';
import { CEPH_FS_ONDISK_MAGIC } from '../types/ceph-fs.js';
import { InodeStore } from '../types/inode-store.js';
import type { CInode } from './cinode.js';

function baseObject(ino: number): string {
  return `${objectName(ino, 0)}.inode`;
}

/** The bytes of the object of an inode without a dentry: the root's, the rank's own directory's. */
export function encodeBaseInode(inode: CInode): Uint8Array {
  const e = new Encoder(1024);
  e.string(CEPH_FS_ONDISK_MAGIC);
  inode.toStore().encode(e);
  return e.toBytes();
}

/** Stores an inode without a dentry. @see CInode::store in src/mds/CInode.cc (16.2.15) */
export function storeBaseInode(inode: CInode, completion?: Completion): void {
  const { mds } = inode.mdcache;
  const { version } = inode.inode;
  const done = new MDSIOContextWrapper(mds, (r) => {
    if (r < 0) {
      mds.clog('error', `failed to store inode 0x${inode.ino.toString(16)} object: ${r}`);
      mds.handleWriteError(r);
    } else if (version === inode.projectedVersion) {
      inode.markClean();
    }
    if (completion) complete(completion, r);
  });
  const op = new ObjectOperation().writeFull(encodeBaseInode(inode));
  mds.objecter.operate(baseObject(inode.ino), { pool: mds.metadataPool }, op, (r: number) => mds.finisher.queue(done, r));
}

/** Reads it: -ENOENT where there is none, -EINVAL where it makes no sense. @see CInode::fetch in src/mds/CInode.cc (16.2.15) */
export function fetchBaseInode(inode: CInode, completion: Completion): void {
  const { mds } = inode.mdcache;
  const op = new ObjectOperation();
  const data = op.read(0, 0);
  const done = new MDSIOContextWrapper(mds, (r) => complete(completion, r < 0 ? r : take(inode, data.value)));
  mds.objecter.operate(baseObject(inode.ino), { pool: mds.metadataPool }, op, (r: number) => mds.finisher.queue(done, r));
}

function take(inode: CInode, bytes: Uint8Array | undefined): number {
  if (!bytes || bytes.length === 0) return -ERRNO.ENOENT;
  try {
    const d = new Decoder(bytes, `inode 0x${inode.ino.toString(16)}`);
    const magic = d.string();
    if (magic !== CEPH_FS_ONDISK_MAGIC) throw d.error(`on disk magic '${magic}'`, 0);
    const store = InodeStore.decode(d);
    if (store.inode.ino !== inode.ino) throw d.error(`holds inode 0x${store.inode.ino.toString(16)}`);
    inode.takeStore(store);
    return 0;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    inode.mdcache.mds.clog('error', `corrupt inode: ${error.message}`);
    return -ERRNO.EINVAL;
  }
}
