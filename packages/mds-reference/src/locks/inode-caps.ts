import type { CInode } from '../cache/cinode.js';
import {
  CEPH_CAP_ANY,
  CEPH_CAP_ANY_DIR_OPS,
  CEPH_CAP_ANY_EXCL,
  CEPH_CAP_ANY_SHARED,
  CEPH_CAP_ANY_WR,
  CEPH_CAP_FILE_LAZYIO,
  CEPH_CAP_FILE_RD,
  CEPH_CAP_PIN,
  CEPH_CAP_SAUTH,
  CEPH_CAP_SFILE,
  CEPH_CAP_SLINK,
  CEPH_CAP_SXATTR,
} from '../types/caps.js';
import { CAP_ANY, CAP_LONER, CAP_XLOCKER } from './simple-lock.js';
import type { SimpleLock } from './simple-lock.js';

/** Generic caps of one lock, by who holds (or wants) them. One object is used over and over: read it before the next call. */
export interface CapsByHolder {
  all: number;
  loner: number;
  other: number;
  xlocker: number;
}

const held: CapsByHolder = { all: 0, loner: 0, other: 0, xlocker: 0 };
const wants: CapsByHolder = { all: 0, loner: 0, other: 0, xlocker: 0 };

/**
 * Caps that clients hold of an inode, shifted and masked for one lock.
 *
 * @see CInode::get_caps_issued in src/mds/CInode.cc (16.2.15)
 */
export function capsIssued(inode: CInode, shift: number, mask: number): CapsByHolder {
  let all = 0;
  let loner = 0;
  let other = 0;
  let xlocker = 0;
  const { lonerCap, clientCaps } = inode;
  if (clientCaps.size > 0) {
    for (const [client, cap] of clientCaps) {
      const { issued } = cap;
      all |= issued;
      if (client === lonerCap) loner |= issued;
      else other |= issued;
      xlocker |= xlockerMask(inode, client) & issued;
    }
  }
  held.all = (all >> shift) & mask;
  held.loner = (loner >> shift) & mask;
  held.other = (other >> shift) & mask;
  held.xlocker = (xlocker >> shift) & mask;
  return held;
}

/** Caps that clients want of an inode; sessions gone stale want nothing. */
export function capsWanted(inode: CInode, shift = 0, mask = -1): CapsByHolder {
  let all = 0;
  let loner = 0;
  let other = 0;
  const { lonerCap, clientCaps } = inode;
  if (clientCaps.size > 0) {
    for (const [client, cap] of clientCaps) {
      if (cap.isStale()) continue;
      const { wanted } = cap;
      all |= wanted;
      if (client === lonerCap) loner |= wanted;
      else other |= wanted;
    }
  }
  wants.all = (all >> shift) & mask;
  wants.loner = (loner >> shift) & mask;
  wants.other = (other >> shift) & mask;
  return wants;
}

export function isAnyCapsWanted(inode: CInode): boolean {
  for (const cap of inode.clientCaps.values()) if (cap.wanted) return true;
  return false;
}

/** Do clients hold caps that the lock's state doesn't allow? */
export function issuedCapsNeedGather(inode: CInode, lock: SimpleLock): boolean {
  if (inode.clientCaps.size === 0) return false;
  const issued = capsIssued(inode, lock.capShift, lock.capMask);
  return (
    (issued.loner & ~lock.gcapsAllowed(CAP_LONER)) !== 0 ||
    (issued.other & ~lock.gcapsAllowed(CAP_ANY)) !== 0 ||
    (issued.xlocker & ~lock.gcapsAllowed(CAP_XLOCKER)) !== 0
  );
}

/** Caps the states of the inode's locks allow to CAP_ANY, CAP_LONER or CAP_XLOCKER. */
export function capsAllowedByType(inode: CInode, type: number): number {
  return (
    CEPH_CAP_PIN |
    (inode.lookAt('file').gcapsAllowed(type) << CEPH_CAP_SFILE) |
    (inode.lookAt('auth').gcapsAllowed(type) << CEPH_CAP_SAUTH) |
    (inode.lookAt('xattr').gcapsAllowed(type) << CEPH_CAP_SXATTR) |
    (inode.lookAt('link').gcapsAllowed(type) << CEPH_CAP_SLINK)
  );
}

/** Caps of locks that this client holds exclusively. */
export function xlockerMask(inode: CInode, client: number): number {
  return (
    (inode.lookAt('file').gcapsXlockerMask(client) << CEPH_CAP_SFILE) |
    (inode.lookAt('auth').gcapsXlockerMask(client) << CEPH_CAP_SAUTH) |
    (inode.lookAt('xattr').gcapsXlockerMask(client) << CEPH_CAP_SXATTR) |
    (inode.lookAt('link').gcapsXlockerMask(client) << CEPH_CAP_SLINK)
  );
}

/** Caps a client is given unasked, where they are free. */
export function capsLiked(inode: CInode): number {
  return inode.isDir() ? CEPH_CAP_PIN | CEPH_CAP_ANY_EXCL | CEPH_CAP_ANY_SHARED : CEPH_CAP_ANY & ~CEPH_CAP_FILE_LAZYIO;
}

/** Caps one client may hold now. @see CInode::get_caps_allowed_for_client */
export function capsAllowedForClient(inode: CInode, client: number): number {
  let allowed =
    client === inode.lonerCap
      ? capsAllowedByType(inode, CAP_LONER) | (capsAllowedByType(inode, CAP_XLOCKER) & xlockerMask(inode, client))
      : capsAllowedByType(inode, CAP_ANY);
  if (inode.isDir()) allowed &= ~CEPH_CAP_ANY_DIR_OPS;
  return allowed;
}

/** Do two clients or more with live sessions hold caps? */
export function multipleNonstaleCaps(inode: CInode): boolean {
  let count = 0;
  for (const cap of inode.clientCaps.values()) if (!cap.isStale() && ++count > 1) return true;
  return false;
}

/** The client that should be the loner: the only one with a use for the inode; -1 for none. */
function calcIdealLoner(inode: CInode, readonly: boolean): number {
  if (readonly || inode.clientCaps.size === 0) return -1;
  const dir = inode.isDir();
  if (dir && inode.hasSubtreeOrExportingDirfrag()) return -1;
  let loner = -1;
  for (const [client, cap] of inode.clientCaps) {
    if (cap.isStale() || (!dir && (cap.wanted & (CEPH_CAP_ANY_WR | CEPH_CAP_FILE_RD)) === 0)) continue;
    if (loner >= 0) return -1;
    loner = client;
  }
  return loner;
}

/** Picks the client that should be the loner, and makes it so where nothing stands in the way. @returns did the loner change? */
export function chooseIdealLoner(inode: CInode, readonly = false): boolean {
  inode.wantLonerCap = calcIdealLoner(inode, readonly);
  let changed = false;
  if (inode.lonerCap >= 0 && inode.lonerCap !== inode.wantLonerCap) {
    if (!tryDropLoner(inode)) return false;
    changed = true;
  }
  if (inode.wantLonerCap >= 0 && inode.lonerCap < 0) {
    setLonerCap(inode, inode.wantLonerCap);
    changed = true;
  }
  return changed;
}

export function trySetLoner(inode: CInode): boolean {
  if (inode.wantLonerCap < 0 || (inode.lonerCap >= 0 && inode.lonerCap !== inode.wantLonerCap)) return false;
  setLonerCap(inode, inode.wantLonerCap);
  return true;
}

export function setLonerCap(inode: CInode, client: number): void {
  inode.lonerCap = client;
  inode.authlock.exclClient = client;
  inode.filelock.exclClient = client;
  inode.linklock.exclClient = client;
  inode.xattrlock.exclClient = client;
}

/** The loner becomes one client among others, unless it holds caps only a loner may. */
export function tryDropLoner(inode: CInode): boolean {
  if (inode.lonerCap < 0) return true;
  const cap = inode.clientCaps.get(inode.lonerCap);
  if (cap && (cap.issued & ~capsAllowedByType(inode, CAP_ANY)) !== 0) return false;
  setLonerCap(inode, -1);
  return true;
}

/** The loner that locks should make way for; -1 while there is none or it is about to change. */
export function targetLoner(inode: CInode): number {
  return inode.lonerCap === inode.wantLonerCap ? inode.lonerCap : -1;
}
