import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, FileLayout, UTime, sortedEntries, sortedNumbers } from '@cephts/encoding';
import { MDS_RANK_NONE } from '@cephts/rados';
import { CEPH_NOSNAP, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from './ceph-fs.js';
import { ClientWriteableRange } from './client-writeable-range.js';
import { FragInfo } from './frag-info.js';
import { InlineData } from './inline-data.js';
import { NestInfo } from './nest-info.js';
import { QuotaInfo } from './quota-info.js';

const NO_RANGES: ReadonlyMap<number, ClientWriteableRange> = new Map();
const NO_POOLS: readonly number[] = [];
/** Of everything but directories. */
const NO_ENTRIES: FragInfo = Object.freeze(new FragInfo());

/** What is read goes here first: most of it is the same as something that is there already. */
const fragScratch = new FragInfo();
const nestScratch = new NestInfo();

/** `known` where it is the same time, so that one object serves both. */
const sameOr = (known: UTime, time: UTime): UTime => (time.equals(known) ? known : time);

/**
 * inode_t: all that is stored about a file or folder but its name, xattrs and snapshots.
 *
 * `clone()` copies what may change in place (`dirstat`, `rstat`, `accountedRstat`) and shares the rest, which is replaced, never changed:
 * assign a new `clientRanges` map, a new `layout`, a new UTime. What was decoded is not changed at all, but a clone of it: equal parts of it are
 * one object.
 * @see src/mds/mdstypes.h (16.2.15)
 */
export class Inode {
  ino = 0;
  rdev = 0;
  ctime = UTime.ZERO;
  btime = UTime.ZERO;
  mode = 0;
  uid = 0;
  gid = 0;
  nlink = 0;
  /** Hash of names (CEPH_STR_HASH_…) of a directory, and two unused fields that go out as they came in. */
  dirHash = 0;
  dirLayoutUnused1 = 0;
  dirLayoutUnused2 = 0;
  dirLayoutUnused3 = 0;
  layout = FileLayout.NONE;
  /** Pools the file's first object was in before. */
  oldPools: readonly number[] = NO_POOLS;
  /** Bytes of a file; of a directory, its entries. */
  size = 0;
  maxSizeEver = 0;
  truncateSeq = 0;
  /** CEPH's "not truncated" is 2^64−1. */
  truncateSize = 0n;
  truncateFrom = 0n;
  truncatePending = 0;
  mtime = UTime.ZERO;
  atime = UTime.ZERO;
  timeWarpSeq = 0;
  inlineData = InlineData.EMPTY;
  changeAttr = 0;
  /** By client number. */
  clientRanges: ReadonlyMap<number, ClientWriteableRange> = NO_RANGES;
  dirstat: FragInfo;
  rstat: NestInfo;
  accountedRstat: NestInfo;
  quota = QuotaInfo.NONE;
  exportPin = MDS_RANK_NONE;
  exportEphemeralRandomPin = 0;
  exportEphemeralDistributedPin = false;
  version = 0;
  fileDataVersion = 0;
  xattrVersion = 0;
  lastScrubStamp = UTime.ZERO;
  lastScrubVersion = 0;
  backtraceVersion = 0;
  /** Not in the encoding; kept beside it in {@link InodeStore}. */
  oldestSnap = CEPH_NOSNAP;
  strayPriorPath = '';
  fscrypt = false;

  constructor(dirstat = new FragInfo(), rstat = new NestInfo(), accountedRstat = new NestInfo()) {
    this.dirstat = dirstat;
    this.rstat = rstat;
    this.accountedRstat = accountedRstat;
  }

  isDir(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }

  isFile(): boolean {
    return (this.mode & S_IFMT) === S_IFREG;
  }

  isSymlink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }

  isTruncating(): boolean {
    return this.truncatePending > 0;
  }

  hasLayout(): boolean {
    return !this.layout.isNone();
  }

  isDirtyRstat(): boolean {
    return !this.rstat.equals(this.accountedRstat);
  }

  isBacktraceUpdated(): boolean {
    return this.backtraceVersion === this.version;
  }

  updateBacktrace(version = this.version): void {
    this.backtraceVersion = version;
  }

  addOldPool(pool: number): void {
    this.backtraceVersion = this.version;
    if (!this.oldPools.includes(pool)) this.oldPools = sortedNumbers([...this.oldPools, pool]);
  }

  /** Makes the file shorter: its objects are cut later, `truncatePending` says so. */
  truncate(oldSize: number, newSize: number): void {
    if (oldSize > this.maxSizeEver) this.maxSizeEver = oldSize;
    this.truncateFrom = BigInt(oldSize);
    this.size = newSize;
    this.rstat.rbytes = newSize;
    this.truncateSize = BigInt(newSize);
    this.truncateSeq++;
    this.truncatePending++;
  }

  /** The greatest offset any client may write up to. */
  getMaxSize(): number {
    let max = 0;
    for (const range of this.clientRanges.values()) if (range.last > max) max = range.last;
    return max;
  }

  setMaxSize(max: number): void {
    const ranges = new Map<number, ClientWriteableRange>();
    if (max > 0)
      for (const [client, range] of this.clientRanges)
        ranges.set(client, new ClientWriteableRange(range.first, max, range.follows));
    this.clientRanges = ranges;
  }

  getClientRange(client: number): number {
    return this.clientRanges.get(client)?.last ?? 0;
  }

  clone(): Inode {
    const copy = new Inode(this.dirstat.clone(), this.rstat.clone(), this.accountedRstat.clone());
    copy.ino = this.ino;
    copy.rdev = this.rdev;
    copy.ctime = this.ctime;
    copy.btime = this.btime;
    copy.mode = this.mode;
    copy.uid = this.uid;
    copy.gid = this.gid;
    copy.nlink = this.nlink;
    copy.dirHash = this.dirHash;
    copy.dirLayoutUnused1 = this.dirLayoutUnused1;
    copy.dirLayoutUnused2 = this.dirLayoutUnused2;
    copy.dirLayoutUnused3 = this.dirLayoutUnused3;
    copy.layout = this.layout;
    copy.oldPools = this.oldPools;
    copy.size = this.size;
    copy.maxSizeEver = this.maxSizeEver;
    copy.truncateSeq = this.truncateSeq;
    copy.truncateSize = this.truncateSize;
    copy.truncateFrom = this.truncateFrom;
    copy.truncatePending = this.truncatePending;
    copy.mtime = this.mtime;
    copy.atime = this.atime;
    copy.timeWarpSeq = this.timeWarpSeq;
    copy.inlineData = this.inlineData;
    copy.changeAttr = this.changeAttr;
    copy.clientRanges = this.clientRanges;
    copy.quota = this.quota;
    copy.exportPin = this.exportPin;
    copy.exportEphemeralRandomPin = this.exportEphemeralRandomPin;
    copy.exportEphemeralDistributedPin = this.exportEphemeralDistributedPin;
    copy.version = this.version;
    copy.fileDataVersion = this.fileDataVersion;
    copy.xattrVersion = this.xattrVersion;
    copy.lastScrubStamp = this.lastScrubStamp;
    copy.lastScrubVersion = this.lastScrubVersion;
    copy.backtraceVersion = this.backtraceVersion;
    copy.oldestSnap = this.oldestSnap;
    copy.strayPriorPath = this.strayPriorPath;
    copy.fscrypt = this.fscrypt;
    return copy;
  }

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(17, 6);
    e.u64(this.ino).u32(this.rdev);
    this.ctime.encode(e);
    e.u32(this.mode).u32(this.uid).u32(this.gid).s32(this.nlink);
    e.u8(0); // where "anchored" was
    e.u8(this.dirHash).u8(this.dirLayoutUnused1).u16(this.dirLayoutUnused2).u32(this.dirLayoutUnused3);
    this.layout.encode(e, features);
    e.u64(this.size).u32(this.truncateSeq).u64big(this.truncateSize).u64big(this.truncateFrom).u32(this.truncatePending);
    this.mtime.encode(e);
    this.atime.encode(e);
    e.u32(this.timeWarpSeq);
    this.#encodeClientRanges(e);
    this.dirstat.encode(e);
    this.rstat.encode(e);
    this.accountedRstat.encode(e);
    e.u64(this.version).u64(this.fileDataVersion).u64(this.xattrVersion).u64(this.backtraceVersion);
    e.u32(this.oldPools.length);
    for (const pool of this.oldPools) e.s64(pool);
    e.u64(this.maxSizeEver);
    this.inlineData.encode(e);
    this.quota.encode(e);
    e.string(this.strayPriorPath);
    e.u64(this.lastScrubVersion);
    this.lastScrubStamp.encode(e);
    this.btime.encode(e);
    e.u64(this.changeAttr);
    e.s32(this.exportPin);
    e.f64(this.exportEphemeralRandomPin);
    e.bool(this.exportEphemeralDistributedPin);
    e.bool(this.fscrypt);
    e.finish(mark);
  }

  #encodeClientRanges(e: Encoder): void {
    const ranges = this.clientRanges;
    e.u32(ranges.size);
    if (ranges.size === 0) return;
    for (const [client, range] of ranges.size === 1 ? ranges : sortedEntries(ranges)) {
      e.s64(client);
      range.encode(e);
    }
  }

  /** Reads versions 6 and up; what is newer than 17 is skipped. */
  static decode(d: Decoder): Inode {
    const frame = d.start(17, 'inode_t');
    const version = frame.version;
    if (version < 6) throw d.error(`version ${version} is older than any supported release`);
    const rstat = new NestInfo();
    const inode = new Inode(NO_ENTRIES, rstat, rstat);
    inode.ino = d.u64();
    inode.rdev = d.u32();
    inode.ctime = UTime.decode(d);
    inode.mode = d.u32();
    inode.uid = d.u32();
    inode.gid = d.u32();
    inode.nlink = d.s32();
    d.skip(1);
    inode.dirHash = d.u8();
    inode.dirLayoutUnused1 = d.u8();
    inode.dirLayoutUnused2 = d.u16();
    inode.dirLayoutUnused3 = d.u32();
    inode.layout = FileLayout.decode(d);
    inode.size = d.u64();
    inode.truncateSeq = d.u32();
    inode.truncateSize = d.u64big();
    inode.truncateFrom = d.u64big();
    inode.truncatePending = d.u32();
    inode.mtime = sameOr(inode.ctime, UTime.decode(d));
    inode.atime = sameOr(inode.ctime, UTime.decode(d));
    inode.timeWarpSeq = d.u32();
    inode.clientRanges = Inode.#decodeClientRanges(d);
    if (!fragScratch.decodeFrom(d).equals(NO_ENTRIES)) inode.dirstat = fragScratch.clone();
    rstat.decodeFrom(d).rctime = sameOr(inode.ctime, rstat.rctime);
    if (!nestScratch.decodeFrom(d).equals(rstat)) inode.accountedRstat = nestScratch.clone();
    inode.version = d.u64();
    inode.fileDataVersion = d.u64();
    inode.xattrVersion = d.u64();
    inode.backtraceVersion = d.u64();
    if (version >= 7) inode.oldPools = Inode.#decodeOldPools(d);
    if (version >= 8) inode.maxSizeEver = d.u64();
    inode.inlineData = version >= 9 ? InlineData.decode(d) : InlineData.NONE;
    if (version < 10) inode.backtraceVersion = 0;
    if (version >= 11) inode.quota = QuotaInfo.decode(d);
    if (version >= 12) inode.strayPriorPath = d.string();
    if (version >= 13) {
      inode.lastScrubVersion = d.u64();
      inode.lastScrubStamp = UTime.decode(d);
    }
    if (version >= 14) {
      inode.btime = sameOr(inode.mtime, UTime.decode(d));
      inode.changeAttr = d.u64();
    }
    if (version >= 15) inode.exportPin = d.s32();
    if (version >= 16) {
      const pin = d.f64();
      // a 0 of another kind of number would be a box on the heap
      if (pin !== 0) inode.exportEphemeralRandomPin = pin;
      inode.exportEphemeralDistributedPin = d.bool();
    }
    if (version >= 17) inode.fscrypt = d.bool();
    d.finish(frame, 'inode_t');
    return inode;
  }

  static #decodeClientRanges(d: Decoder): ReadonlyMap<number, ClientWriteableRange> {
    let left = d.count(38);
    if (left === 0) return NO_RANGES;
    const ranges = new Map<number, ClientWriteableRange>();
    for (; left > 0; left--) {
      const client = d.s64();
      ranges.set(client, ClientWriteableRange.decode(d));
    }
    return ranges;
  }

  static #decodeOldPools(d: Decoder): readonly number[] {
    let left = d.count(8);
    if (left === 0) return NO_POOLS;
    const pools: number[] = [];
    for (; left > 0; left--) pools.push(d.s64());
    return pools;
  }
}
