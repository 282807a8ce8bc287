import type { Encoder } from '@cephts/encoding';
import type { CInode } from '../cache/cinode.js';
import { capsAllowedByType, capsAllowedForClient, capsLiked, chooseIdealLoner } from '../locks/inode-caps.js';
import { CAP_ANY } from '../locks/simple-lock.js';
import type { Capability } from '../locks/capability.js';
import { InodeStat, REPLY_ENCODING } from '../messages/inode-stat.js';
import type { Session } from '../tables/session.js';
import { CEPH_CAP_FILE_RD, CEPH_CAP_FILE_SHARED, CEPH_CAP_FLAG_AUTH, CEPH_CAP_PIN, CEPH_CAP_XATTR_SHARED } from '../types/caps.js';
import { CEPH_INLINE_NONE, CEPH_NOSNAP } from '../types/ceph-fs.js';
import type { Inode } from '../types/inode.js';
import { encodeXattrs } from '../locks/cap-message.js';

/** CEPHFS_FEATURE_REPLY_ENCODING */
const FEATURE_REPLY_ENCODING = 9;

/** How traces are encoded for this client. */
export function replyFeatures(session: Session): bigint {
  return session.info.hasFeature(FEATURE_REPLY_ENCODING) ? REPLY_ENCODING : (session.connection?.features ?? 0n);
}

/** Bytes of an InodeStat without what varies: an upper bound. */
const FIXED_BYTES = 400;

const NO_BYTES = new Uint8Array(0);

/**
 * Writes an inode as a client is told it, together with a cap: what it wants and likes, and its locks allow now. Where the client is
 * changing the inode itself it sees what is projected.
 *
 * @param maxBytes room there is; 0 for any
 * @returns false when the room isn't enough: nothing was written
 * @see CInode::encode_inodestat in src/mds/CInode.cc (16.2.15)
 */
export function encodeInodestat(
  e: Encoder,
  inode: CInode,
  session: Session,
  snapid: bigint = CEPH_NOSNAP,
  maxBytes = 0,
  getattrCaps = 0,
): boolean {
  const client = session.getClient();
  const stable = inode.inode;
  const projected = inode.getProjectedInode();
  const isLoner = inode.lonerCap === client;
  const own = (lock: Parameters<CInode['lookAt']>[0]): boolean => isLoner || inode.lookAt(lock).isXlockedByClient(client);
  const pfile = own('file');
  const pauth = own('auth');
  const plink = own('link');
  const pxattr = own('xattr');
  const ppolicy = own('policy');
  // who only looks makes no lock: of an inode that nobody changes there is but one version
  const isChanger = inode.isProjected() && inode.versionlock.lastWrlockClient === client;
  const any = pfile || pauth || plink || pxattr || isChanger ? projected : stable;
  const file = pfile ? projected : stable;
  const auth = pauth ? projected : stable;
  const xattr = pxattr ? projected : stable;
  const policy = ppolicy ? projected : stable;
  const noCaps = session.isStale() || inode.isFrozen();
  let cap = inode.getClientCap(client);

  const stat = new InodeStat();
  let sendXattrs =
    (!cap && !noCaps) ||
    (cap !== undefined && cap.clientXattrVersion < xattr.xattrVersion) ||
    (getattrCaps & CEPH_CAP_XATTR_SHARED) !== 0;
  const xattrs = sendXattrs ? (pxattr ? inode.getProjectedXattrs() : inode.xattrs) : undefined;
  const { inlineData } = file;
  let { version: inlineVersion } = inlineData;
  if (inlineVersion !== CEPH_INLINE_NONE) {
    const wanted =
      (!cap && !noCaps) || (cap !== undefined && cap.clientInlineVersion < inlineVersion) || (getattrCaps & CEPH_CAP_FILE_RD) !== 0;
    if (!wanted) inlineVersion = 0n;
  }
  if (maxBytes > 0 && FIXED_BYTES + inode.symlink.length * 3 + inlineData.data.length + sizeOf(xattrs) > maxBytes) return false;

  if (snapid === CEPH_NOSNAP) {
    cap = issueInReply(stat, inode, session, cap, noCaps);
  } else {
    stat.caps = capsAllowedByType(inode, CAP_ANY);
  }
  stat.capFlags = CEPH_CAP_FLAG_AUTH;

  // what the cap doesn't let the client keep isn't sent either
  if (cap) {
    cap.lastRbytes = file.rstat.rbytes;
    cap.lastRsize = file.rstat.rsize;
    const may = cap.pending | getattrCaps;
    if (inlineVersion !== 0n && inlineVersion !== CEPH_INLINE_NONE && inlineData.data.length > 0) {
      if ((may & CEPH_CAP_FILE_SHARED) !== 0) cap.clientInlineVersion = inlineVersion;
      else inlineVersion = 0n;
    }
    if (sendXattrs) {
      if ((may & CEPH_CAP_XATTR_SHARED) !== 0) cap.clientXattrVersion = xattr.xattrVersion;
      else sendXattrs = false;
    }
  }

  fill(stat, inode, { any, file, auth, link: plink ? projected : stable, policy }, snapid);
  stat.version = stable.version * 2 + (inode.isProjected() ? 1 : 0);
  stat.maxSize = Math.min(stable.getClientRange(client), projected.getClientRange(client));
  stat.layout = (inode.isDir() ? policy : file).layout;
  stat.xattrVersion = sendXattrs ? xattr.xattrVersion : 0;
  stat.xattrbl = sendXattrs ? encodeXattrs(xattrs) : NO_BYTES;
  stat.inlineVersion = inlineVersion;
  stat.inlineData = inlineVersion !== 0n && inlineVersion !== CEPH_INLINE_NONE ? inlineData.data : NO_BYTES;
  stat.encode(e, replyFeatures(session));
  return true;
}

/** The inode's versions, by the lock that guards a piece of it. */
interface Versions {
  any: Inode;
  file: Inode;
  auth: Inode;
  link: Inode;
  policy: Inode;
}

function fill(stat: InodeStat, inode: CInode, v: Versions, snapid: bigint): void {
  const { any, file, auth } = v;
  stat.ino = inode.ino;
  stat.snapid = snapid;
  stat.rdev = any.rdev;
  stat.ctime = any.ctime;
  stat.btime = any.btime;
  stat.changeAttr = any.changeAttr;
  stat.mtime = file.mtime;
  stat.atime = file.atime;
  stat.timeWarpSeq = file.timeWarpSeq;
  stat.size = file.size;
  stat.truncateSize = file.truncateSize;
  stat.truncateSeq = file.truncateSeq;
  stat.mode = auth.mode;
  stat.uid = auth.uid;
  stat.gid = auth.gid;
  stat.nlink = v.link.nlink;
  stat.nfiles = file.dirstat.nfiles;
  stat.nsubdirs = file.dirstat.nsubdirs;
  stat.rbytes = file.rstat.rbytes;
  stat.rfiles = file.rstat.rfiles;
  stat.rsubdirs = file.rstat.rsubdirs;
  stat.rctime = file.rstat.rctime;
  stat.rsnaps = file.rstat.rsnaps;
  stat.dirfragtree = inode.dirfragtree;
  stat.symlink = inode.symlink;
  stat.dirHash = file.dirHash;
  stat.quota = v.policy.quota;
  stat.dirPin = file.exportPin;
  stat.fscrypt = file.fscrypt;
}

function sizeOf(xattrs: ReadonlyMap<string, Uint8Array> | undefined): number {
  if (!xattrs) return 0;
  let bytes = 0;
  for (const [name, value] of xattrs) bytes += 8 + name.length * 3 + value.length;
  return bytes;
}

/** Puts the client's cap into the reply, a new one where it has none. */
function issueInReply(
  stat: InodeStat,
  inode: CInode,
  session: Session,
  old: Capability | undefined,
  noCaps: boolean,
): Capability | undefined {
  let cap = old;
  if (!noCaps && !cap) {
    cap = inode.addClientCap(session);
    chooseIdealLoner(inode, inode.mdcache.isReadonly());
  }
  let issue = 0;
  if (!noCaps && cap) {
    cap.issueNorevoke((cap.wanted | capsLiked(inode)) & capsAllowedForClient(inode, session.getClient()), true);
    issue = cap.pending;
  } else if (cap?.isNew()) {
    issue = CEPH_CAP_PIN;
    cap.issueNorevoke(issue, true);
  }
  if (issue === 0 || !cap) return cap;
  cap.setLastIssue();
  stat.caps = issue;
  stat.wanted = cap.wanted;
  stat.capId = cap.capId;
  stat.capSeq = cap.lastSeq;
  stat.capMseq = cap.mseq;
  stat.capRealm = inode.findSnaprealm().ino;
  return cap;
}
