import { Encoder } from '@cephts/encoding';
import type { CInode } from '../cache/cinode.js';
import { MClientCaps } from '../messages/m-client-caps.js';
import { CEPH_CAP_FILE_EXCL, CEPH_CAP_XATTR_SHARED } from '../types/caps.js';
import type { Capability } from './capability.js';

/** xattrs as they travel: u32 count, then names and values, sorted by name. */
export function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array> | undefined): Uint8Array {
  const e = new Encoder(64);
  if (!xattrs) return e.u32(0).toBytes();
  e.u32(xattrs.size);
  for (const [name, value] of xattrs) e.string(name).blob(value);
  return e.toBytes();
}

/** A grant or revocation: `caps` is what the client holds from now on, beside the inode's attributes. */
export function capMessage(op: number, inode: CInode, cap: Capability, caps: number, wanted: number, barrier: number): MClientCaps {
  const realm = inode.findSnaprealm().ino;
  const m = new MClientCaps(op, inode.ino, realm, cap.capId, cap.lastSeq, caps, wanted, 0, cap.mseq, barrier);
  fillAttributes(m, inode, cap);
  return m;
}

/**
 * An inode's attributes, as its client may see them: what is projected, where the client itself is changing it.
 *
 * @see CInode::encode_cap_message in src/mds/CInode.cc (16.2.15)
 */
function fillAttributes(m: MClientCaps, inode: CInode, cap: Capability): void {
  const { client } = cap;
  const stable = inode.inode;
  const projected = inode.getProjectedInode();
  const file = inode.lookAt('file').isXlockedByClient(client) || (cap.issued & CEPH_CAP_FILE_EXCL) !== 0 ? projected : stable;
  m.layout = file.layout;
  m.size = file.size;
  m.truncateSeq = file.truncateSeq;
  m.truncateSize = file.truncateSize;
  m.mtime = file.mtime;
  m.atime = file.atime;
  m.ctime = file.ctime;
  m.btime = file.btime;
  m.changeAttr = file.changeAttr;
  m.timeWarpSeq = file.timeWarpSeq;
  m.nfiles = file.dirstat.nfiles;
  m.nsubdirs = file.dirstat.nsubdirs;
  if (cap.clientInlineVersion < file.inlineData.version) {
    cap.clientInlineVersion = file.inlineData.version;
    m.inlineVersion = file.inlineData.version;
    m.inlineData = file.inlineData.data;
  }
  m.maxSize = Math.min(stable.getClientRange(client), projected.getClientRange(client));
  const auth = inode.lookAt('auth').isXlockedByClient(client) ? projected : stable;
  m.mode = auth.mode;
  m.uid = auth.uid;
  m.gid = auth.gid;
  m.nlink = (inode.lookAt('link').isXlockedByClient(client) ? projected : stable).nlink;
  const ownXattrs = inode.lookAt('xattr').isXlockedByClient(client);
  const { xattrVersion } = ownXattrs ? projected : stable;
  if ((cap.pending & CEPH_CAP_XATTR_SHARED) !== 0 && xattrVersion > cap.clientXattrVersion) {
    m.xattrbl = encodeXattrs(ownXattrs ? inode.getProjectedXattrs() : inode.xattrs);
    m.xattrVersion = xattrVersion;
    cap.clientXattrVersion = xattrVersion;
  }
}
