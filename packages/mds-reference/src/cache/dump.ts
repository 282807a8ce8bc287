import { fragToString } from '@cephts/encoding';
import { LOCK_TYPE } from '../locks/simple-lock.js';
import { capString } from '../types/caps.js';
import { FilePath } from '../types/file-path.js';
import type { CDentry } from './cdentry.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';
import { cacheTraverse } from './path-traverse.js';
import { dumpDirHead } from './subtree-map.js';
import { cacheSize } from './trim.js';

/**
 * `dump tree`: an inode and what is in the cache below it, down to `depth` (below 0: all the way). Undefined where it isn't in the cache.
 *
 * @see MDSRank::command_dump_tree in src/mds/MDSRank.cc (16.2.15)
 */
export function dumpTree(cache: MDCache, root: string, depth: number): unknown[] | undefined {
  const inode = cacheTraverse(cache, new FilePath(0, root));
  if (!inode) return undefined;
  const inodes: unknown[] = [];
  dumpInto(inode, depth, inodes);
  return inodes;
}

function dumpInto(top: CInode, depth: number, into: unknown[]): void {
  const queue: { inode: CInode; depth: number }[] = [{ inode: top, depth }];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { inode, depth: left } = next;
    into.push(dumpInode(inode, left !== 0));
    if (left === 0) continue;
    for (const dir of inode.getDirfrags()) {
      for (const dn of dir.items.values()) {
        const child = dn.linkage.inode;
        if (child?.isDir() === true && dn.linkage.isPrimary()) queue.push({ inode: child, depth: left - 1 });
      }
    }
  }
}

/** An inode as admin commands show it. @see CInode::dump */
export function dumpInode(inode: CInode, withDirs: boolean): Record<string, unknown> {
  const bare = inode.inode;
  const dump: Record<string, unknown> = {
    path: inode.makePathString(),
    ino: bare.ino,
    rdev: bare.rdev,
    ctime: bare.ctime.toString(),
    btime: bare.btime.toString(),
    mode: bare.mode,
    uid: bare.uid,
    gid: bare.gid,
    nlink: bare.nlink,
    dir_layout: { dir_hash: bare.dirHash, unused1: 0, unused2: 0, unused3: 0 },
    layout: {
      stripe_unit: bare.layout.stripeUnit,
      stripe_count: bare.layout.stripeCount,
      object_size: bare.layout.objectSize,
      pool_id: bare.layout.poolId,
      pool_ns: bare.layout.poolNs,
    },
    old_pools: [...bare.oldPools],
    size: bare.size,
    truncate_seq: bare.truncateSeq,
    truncate_size: String(bare.truncateSize),
    truncate_from: String(bare.truncateFrom),
    truncate_pending: bare.truncatePending,
    mtime: bare.mtime.toString(),
    atime: bare.atime.toString(),
    time_warp_seq: bare.timeWarpSeq,
    change_attr: bare.changeAttr,
    export_pin: bare.exportPin,
    client_ranges: [...bare.clientRanges].map(([client, range]) => ({
      client,
      byte_range: { first: range.first, last: range.last },
      follows: Number(range.follows),
    })),
    dirstat: {
      version: bare.dirstat.version,
      mtime: bare.dirstat.mtime.toString(),
      num_files: bare.dirstat.nfiles,
      num_subdirs: bare.dirstat.nsubdirs,
      change_attr: bare.dirstat.changeAttr,
    },
    rstat: dumpRstat(inode, false),
    accounted_rstat: dumpRstat(inode, true),
    version: bare.version,
    file_data_version: bare.fileDataVersion,
    xattr_version: bare.xattrVersion,
    backtrace_version: bare.backtraceVersion,
    stray_prior_path: bare.strayPriorPath,
    symlink: inode.symlink,
    xattrs: [...inode.xattrs].map(([key, value]) => ({ key, val: Buffer.from(value).toString('latin1') })),
    dirfragtree: { splits: [...inode.dirfragtree.splits].map(([frag, bits]) => ({ frag: fragToString(frag), bits })) },
    auth_state: { replicas: {} },
    replica_state: { authority: [0, -2], replica_nonce: 0 },
    auth_pins: inode.numAuthPins,
    is_frozen: inode.isFrozen(),
    is_freezing: inode.isFreezing(),
    pins: {},
    nref: inode.numRef,
    states: statesOf(inode),
    client_caps: [...inode.clientCaps].map(([client, cap]) => ({
      client_id: client,
      pending: capString(cap.pending),
      issued: capString(cap.issued),
      wanted: capString(cap.wanted),
      last_sent: cap.lastSeq,
    })),
    loner: inode.lonerCap,
    want_loner: inode.wantLonerCap,
  };
  for (const lock of inode.usedLocks) dump[LOCK_FIELDS.get(lock.type) ?? 'lock'] = lock.dump();
  if (withDirs) dump['dirfrags'] = [...inode.getDirfrags()].map(dumpDir);
  return dump;
}

function dumpRstat(inode: CInode, accounted: boolean): Record<string, unknown> {
  const rstat = accounted ? inode.inode.accountedRstat : inode.inode.rstat;
  return {
    version: rstat.version,
    rbytes: rstat.rbytes,
    rfiles: rstat.rfiles,
    rsubdirs: rstat.rsubdirs,
    rsnaps: rstat.rsnaps,
    rctime: rstat.rctime.toString(),
  };
}

const LOCK_FIELDS = new Map<number, string>([
  [LOCK_TYPE.IVERSION, 'versionlock'],
  [LOCK_TYPE.IAUTH, 'authlock'],
  [LOCK_TYPE.ILINK, 'linklock'],
  [LOCK_TYPE.IDFT, 'dirfragtreelock'],
  [LOCK_TYPE.IFILE, 'filelock'],
  [LOCK_TYPE.IXATTR, 'xattrlock'],
  [LOCK_TYPE.ISNAP, 'snaplock'],
  [LOCK_TYPE.INEST, 'nestlock'],
  [LOCK_TYPE.IFLOCK, 'flocklock'],
  [LOCK_TYPE.IPOLICY, 'policylock'],
]);

function statesOf(inode: CInode): string[] {
  const states = ['auth'];
  if (inode.isDirty()) states.push('dirty');
  if (inode.isDirtyParent()) states.push('dirtyparent');
  if (inode.isPurging()) states.push('purging');
  if (inode.isOrphan()) states.push('orphan');
  if (inode.needsRecover()) states.push('needsrecover');
  if (inode.isRecovering()) states.push('recovering');
  return states;
}

function dumpDir(dir: CDir): Record<string, unknown> {
  return { ...dumpDirHead(dir), dentries: [...dir.items.values()].map(dumpDentry) };
}

function dumpDentry(dn: CDentry): Record<string, unknown> {
  const { linkage } = dn;
  return {
    path: dn.makePathString(),
    path_ino: dn.dir.inode.ino,
    snap_first: Number(dn.first),
    snap_last: dn.isHead() ? 'head' : Number(dn.last),
    is_primary: linkage.isPrimary(),
    is_remote: linkage.isRemote(),
    is_null: linkage.isNull(),
    is_new: dn.isNew(),
    inode: linkage.inode?.ino ?? linkage.remoteIno,
    version: dn.version,
    projected_version: dn.projectedVersion,
    auth_pins: dn.numAuthPins,
    states: ['auth', ...(dn.isDirty() ? ['dirty'] : [])],
    nref: dn.numRef,
  };
}

/** `cache status`. */
export function cacheStatus(cache: MDCache): Record<string, unknown> {
  const { inodes, dentries, dirs, caps } = cache.population;
  return {
    pool: { items: inodes.count + dentries.count + dirs.count, bytes: cacheSize(cache) },
    inodes: inodes.count,
    dentries: dentries.count,
    dirfrags: dirs.count,
    caps: caps.count,
    inodes_with_caps: cache.numInodesWithCaps,
    strays: cache.strayManager.numStrays,
    limit: cache.memoryLimit,
  };
}
