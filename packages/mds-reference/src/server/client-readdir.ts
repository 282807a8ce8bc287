import { ERRNO } from '@cephts/common';
import { Encoder, fragContainsValue, fragValue } from '@cephts/encoding';
import type { Frag } from '@cephts/encoding';
import type { CDentry } from '../cache/cdentry.js';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';
import type { MDRequestImpl } from '../cache/mutation.js';
import { LockOpVec } from '../locks/lock-op.js';
import type { ReaddirArgs } from '../messages/request-args.js';
import type { Session } from '../tables/session.js';
import {
  CEPH_INO_CEPH,
  CEPH_LEASE_PRIMARY_LINK,
  CEPH_READDIR_FRAG_COMPLETE,
  CEPH_READDIR_FRAG_END,
  CEPH_READDIR_HASH_ORDER,
  CEPH_READDIR_OFFSET_HASH,
  CEPH_READDIR_REPLY_BITFLAGS,
} from '../types/ceph-fs.js';
import { checkRequestAccess, MAY_READ } from './access.js';
import { encodeInodestat } from './inode-stat.js';
import { rdlockPathPinRef, tryOpenAuthDirfrag } from './path.js';
import { encodeDirstat, encodeNullLease } from './reply.js';
import type { Server } from './server.js';

/** Bytes of a page where the client names no bound. */
const DEFAULT_MAX_BYTES = 512 * 1024;
const ENTRY_OVERHEAD = 64;

const page = new Encoder(64 * 1024);

/** Where a page begins: after this name, whose hash is given too. */
interface Offset {
  name: string;
  hash: number;
}

/** The fragment to read: the one asked for, or, where the directory was cut anew since, the one the offset is in. */
function pickFrag(diri: CInode, args: ReaddirArgs, offset: Offset): Frag {
  const { frag } = args;
  const { dirfragtree } = diri;
  if (dirfragtree.contains(frag)) return frag;
  if (args.flags & CEPH_READDIR_REPLY_BITFLAGS) {
    return dirfragtree.leafOf(fragContainsValue(frag, offset.hash) ? offset.hash : fragValue(frag));
  }
  offset.name = '';
  return dirfragtree.leafOf(fragValue(frag));
}

/**
 * A page of a directory: names in the order of their hashes, each with a lease, its inode and a cap.
 *
 * @see Server::handle_client_readdir in src/mds/Server.cc (16.2.15)
 */
export function handleClientReaddir(server: Server, mdr: MDRequestImpl): void {
  const { mds } = server;
  const req = mdr.clientRequest as NonNullable<MDRequestImpl['clientRequest']>;
  const session = mdr.session as Session;
  const diri = rdlockPathPinRef(server, mdr, false, true);
  if (!diri) return;
  if (!diri.isDir()) {
    server.respondToRequest(mdr, -ERRNO.ENOTDIR);
    return;
  }
  const lov = new LockOpVec();
  lov.addRdlock(diri.filelock);
  lov.addRdlock(diri.dirfragtreelock);
  if (!mds.locker.acquireLocks(mdr, lov)) return;
  if (!checkRequestAccess(server, mdr, diri, MAY_READ)) return;

  const args = req.args.readdir;
  const name = req.path2.path;
  const offset: Offset = { name, hash: name === '' ? args.offsetHash : fragValue(diri.hashDentryName(name)) };
  const dir = tryOpenAuthDirfrag(server, diri, pickFrag(diri, args, offset), mdr);
  if (!dir) return;
  if (!dir.isComplete()) {
    if (dir.isFrozen()) {
      mds.locker.dropLocks(mdr);
      mdr.dropLocalAuthPins();
      dir.addUnfreezeWaiter(mds.locker.retry(mdr));
    } else {
      dir.fetch(mds.locker.retry(mdr));
    }
    return;
  }
  const extra = encodePage(server, mdr, dir, session, args, offset);
  if (!extra) return;
  mdr.replyExtraBl = extra;
  mds.balancer.hitDirReaddir(dir);
  mdr.tracei = diri;
  server.respondToRequest(mdr, 0);
}

/** @returns undefined when the request waits for an inode that a remote link leads to */
function encodePage(
  server: Server,
  mdr: MDRequestImpl,
  dir: CDir,
  session: Session,
  args: ReaddirArgs,
  offset: Offset,
): Uint8Array | undefined {
  const { mds } = server;
  const max = args.maxEntries || Infinity;
  const e = page.reset();
  encodeDirstat(e, dir, session);
  const countAt = e.length;
  e.u32(0).u16(0);
  const room =
    (args.maxBytes || DEFAULT_MAX_BYTES + server.conf.maxXattrPairsSize) - dir.inode.findSnaprealm().getSnapTrace().length;
  const start = offset.name === '' && offset.hash === 0;
  let count = 0;
  let end = true;
  for (const dn of dir.itemsFrom(offset.hash, offset.name)) {
    if (count >= max) {
      end = false;
      break;
    }
    const linkage = dn.getLinkage(mdr.getClient(), mdr);
    if (linkage.isNull() || dn.isPurging()) continue;
    let { inode } = linkage;
    if (!inode) {
      inode = mds.mdcache.getInode(linkage.remoteIno);
      if (inode) {
        dn.linkRemote(linkage, inode);
      } else if (dn.isBadRemoteIno()) {
        continue;
      } else {
        // entries that are in the page got their caps: they go out
        if (count > 0) {
          mds.mdcache.openRemoteDentry(dn, () => undefined);
          end = false;
          break;
        }
        mds.locker.dropLocks(mdr);
        mdr.dropLocalAuthPins();
        mds.mdcache.openRemoteDentry(dn, mds.locker.retry(mdr));
        return undefined;
      }
    }
    if (inode.ino === CEPH_INO_CEPH) continue;
    if (!encodeEntry(dn, inode, session, linkage.isPrimary(), mdr.snapid, room, count === 0)) {
      end = false;
      break;
    }
    count++;
  }
  let flags = 0;
  if (end) flags = start ? CEPH_READDIR_FRAG_END | CEPH_READDIR_FRAG_COMPLETE : CEPH_READDIR_FRAG_END;
  if (args.flags & CEPH_READDIR_REPLY_BITFLAGS) flags |= CEPH_READDIR_HASH_ORDER | CEPH_READDIR_OFFSET_HASH;
  const bytes = e.toBytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(countAt, count, true);
  view.setUint16(countAt + 4, flags, true);
  return bytes;
}

/** @returns false when the page is full: nothing was written */
function encodeEntry(
  dn: CDentry,
  inode: CInode,
  session: Session,
  primary: boolean,
  snapid: bigint,
  room: number,
  first: boolean,
): boolean {
  const e = page;
  const begin = e.length;
  const left = room - begin - dn.name.length * 3 - ENTRY_OVERHEAD;
  if (left <= 0 && !first) return false;
  e.string(dn.name);
  encodeNullLease(e, dn, session, primary ? CEPH_LEASE_PRIMARY_LINK : 0);
  if (encodeInodestat(e, inode, session, snapid, first ? 0 : left)) return true;
  e.truncate(begin);
  return false;
}
