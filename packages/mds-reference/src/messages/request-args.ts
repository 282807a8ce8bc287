import { FileLayout, UTime } from '@cephts/encoding';

/** Bytes of ceph_mds_request_args, the widest of the unions below (setattr). */
export const REQUEST_ARGS_SIZE = 56;
/** Bytes of its older form, in which setattr had no birth time. */
export const LEGACY_REQUEST_ARGS_SIZE = 48;

/** A part of a request's arguments; reads and writes the bytes behind it. */
abstract class Args {
  protected readonly view: DataView;

  constructor(view: DataView) {
    this.view = view;
  }

  protected u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  protected setU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** As a number: beyond 2^53 rounded, which any limit refuses. */
  protected u64(at: number): number {
    return this.view.getUint32(at + 4, true) * 0x1_0000_0000 + this.view.getUint32(at, true);
  }

  protected setU64(at: number, value: number): void {
    this.view.setUint32(at, value >>> 0, true);
    this.view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  protected time(at: number): UTime {
    return new UTime(this.u32(at), this.u32(at + 4));
  }

  protected setTime(at: number, value: UTime): void {
    this.setU32(at, value.sec);
    this.setU32(at + 4, value.nsec);
  }
}

/** getattr, lookup and the like. */
export class GetattrArgs extends Args {
  /** CEPH_STAT_CAP_… the client wants. */
  get mask(): number {
    return this.u32(0);
  }
  set mask(value: number) {
    this.setU32(0, value);
  }
}

export class SetattrArgs extends Args {
  get mode(): number {
    return this.u32(0);
  }
  set mode(value: number) {
    this.setU32(0, value);
  }
  get uid(): number {
    return this.u32(4);
  }
  set uid(value: number) {
    this.setU32(4, value);
  }
  get gid(): number {
    return this.u32(8);
  }
  set gid(value: number) {
    this.setU32(8, value);
  }
  get mtime(): UTime {
    return this.time(12);
  }
  set mtime(value: UTime) {
    this.setTime(12, value);
  }
  get atime(): UTime {
    return this.time(20);
  }
  set atime(value: UTime) {
    this.setTime(20, value);
  }
  get size(): number {
    return this.u64(28);
  }
  set size(value: number) {
    this.setU64(28, value);
  }
  get oldSize(): number {
    return this.u64(36);
  }
  set oldSize(value: number) {
    this.setU64(36, value);
  }
  /** CEPH_SETATTR_… */
  get mask(): number {
    return this.u32(44);
  }
  set mask(value: number) {
    this.setU32(44, value);
  }
  get btime(): UTime {
    return this.time(48);
  }
  set btime(value: UTime) {
    this.setTime(48, value);
  }
}

export class ReaddirArgs extends Args {
  get frag(): number {
    return this.u32(0);
  }
  set frag(value: number) {
    this.setU32(0, value);
  }
  /** 0 for no limit. */
  get maxEntries(): number {
    return this.u32(4);
  }
  set maxEntries(value: number) {
    this.setU32(4, value);
  }
  get maxBytes(): number {
    return this.u32(8);
  }
  set maxBytes(value: number) {
    this.setU32(8, value);
  }
  /** CEPH_READDIR_REPLY_BITFLAGS */
  get flags(): number {
    return this.view.getUint16(12, true);
  }
  set flags(value: number) {
    this.view.setUint16(12, value, true);
  }
  get offsetHash(): number {
    return this.u32(14);
  }
  set offsetHash(value: number) {
    this.setU32(14, value);
  }
}

export class MknodArgs extends Args {
  get mode(): number {
    return this.u32(0);
  }
  set mode(value: number) {
    this.setU32(0, value);
  }
  get rdev(): number {
    return this.u32(4);
  }
  set rdev(value: number) {
    this.setU32(4, value);
  }
}

/** mkdir, and symlink, which has no other arguments. */
export class MkdirArgs extends Args {
  get mode(): number {
    return this.u32(0);
  }
  set mode(value: number) {
    this.setU32(0, value);
  }
}

/** open and create. */
export class OpenArgs extends Args {
  /** CEPH_O_… */
  get flags(): number {
    return this.u32(0);
  }
  set flags(value: number) {
    this.setU32(0, value);
  }
  get mode(): number {
    return this.u32(4);
  }
  set mode(value: number) {
    this.setU32(4, value);
  }
  get stripeUnit(): number {
    return this.u32(8);
  }
  set stripeUnit(value: number) {
    this.setU32(8, value);
  }
  get stripeCount(): number {
    return this.u32(12);
  }
  set stripeCount(value: number) {
    this.setU32(12, value);
  }
  get objectSize(): number {
    return this.u32(16);
  }
  set objectSize(value: number) {
    this.setU32(16, value);
  }
  /** −1 for the default. */
  get pool(): number {
    return this.view.getInt32(20, true);
  }
  set pool(value: number) {
    this.view.setInt32(20, value, true);
  }
  get mask(): number {
    return this.u32(24);
  }
  set mask(value: number) {
    this.setU32(24, value);
  }
  get oldSize(): number {
    return this.u64(28);
  }
  set oldSize(value: number) {
    this.setU64(28, value);
  }
}

export class SetxattrArgs extends Args {
  /** CEPH_XATTR_… */
  get flags(): number {
    return this.u32(0);
  }
  set flags(value: number) {
    this.setU32(0, value);
  }
  get osdmapEpoch(): number {
    return this.u32(4);
  }
  set osdmapEpoch(value: number) {
    this.setU32(4, value);
  }
}

export class SetlayoutArgs extends Args {
  get layout(): FileLayout {
    return new FileLayout(this.u32(0), this.u32(4), this.u32(8), this.view.getInt32(24, true));
  }
  set layout(value: FileLayout) {
    this.setU32(0, value.stripeUnit);
    this.setU32(4, value.stripeCount);
    this.setU32(8, value.objectSize);
    this.setU32(12, 0);
    this.setU32(16, 0);
    this.setU32(20, 0);
    this.view.setInt32(24, value.poolId, true);
  }
}

/** setfilelock and getfilelock. */
export class FilelockArgs extends Args {
  /** CEPH_LOCK_FCNTL, CEPH_LOCK_FLOCK, … */
  get rule(): number {
    return this.view.getUint8(0);
  }
  set rule(value: number) {
    this.view.setUint8(0, value);
  }
  /** CEPH_LOCK_SHARED, CEPH_LOCK_EXCL, CEPH_LOCK_UNLOCK */
  get lockType(): number {
    return this.view.getUint8(1);
  }
  set lockType(value: number) {
    this.view.setUint8(1, value);
  }
  get owner(): bigint {
    return this.view.getBigUint64(2, true);
  }
  set owner(value: bigint) {
    this.view.setBigUint64(2, value, true);
  }
  get pid(): bigint {
    return this.view.getBigUint64(10, true);
  }
  set pid(value: bigint) {
    this.view.setBigUint64(10, value, true);
  }
  get start(): bigint {
    return this.view.getBigUint64(18, true);
  }
  set start(value: bigint) {
    this.view.setBigUint64(18, value, true);
  }
  /** 0 for up to the end. */
  get length(): bigint {
    return this.view.getBigUint64(26, true);
  }
  set length(value: bigint) {
    this.view.setBigUint64(26, value, true);
  }
  get wait(): boolean {
    return this.view.getUint8(34) !== 0;
  }
  set wait(value: boolean) {
    this.view.setUint8(34, value ? 1 : 0);
  }
}

export class LookupinoArgs extends Args {
  get mask(): number {
    return this.u32(0);
  }
  set mask(value: number) {
    this.setU32(0, value);
  }
  get snapid(): bigint {
    return this.view.getBigUint64(4, true);
  }
  set snapid(value: bigint) {
    this.view.setBigUint64(4, value, true);
  }
  get parent(): number {
    return this.u64(12);
  }
  set parent(value: number) {
    this.setU64(12, value);
  }
  get hash(): number {
    return this.u32(20);
  }
  set hash(value: number) {
    this.setU32(20, value);
  }
}

/**
 * ceph_mds_request_args: one view for each kind of request over the same bytes, as `args.open.flags`. Which one is meant follows from the
 * request's op.
 * @see src/include/ceph_fs.h (16.2.15)
 */
export class RequestArgs {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array = new Uint8Array(REQUEST_ARGS_SIZE)) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get getattr(): GetattrArgs {
    return new GetattrArgs(this.#view);
  }
  get setattr(): SetattrArgs {
    return new SetattrArgs(this.#view);
  }
  get readdir(): ReaddirArgs {
    return new ReaddirArgs(this.#view);
  }
  get mknod(): MknodArgs {
    return new MknodArgs(this.#view);
  }
  get mkdir(): MkdirArgs {
    return new MkdirArgs(this.#view);
  }
  get open(): OpenArgs {
    return new OpenArgs(this.#view);
  }
  get setxattr(): SetxattrArgs {
    return new SetxattrArgs(this.#view);
  }
  get setlayout(): SetlayoutArgs {
    return new SetlayoutArgs(this.#view);
  }
  get filelockChange(): FilelockArgs {
    return new FilelockArgs(this.#view);
  }
  get lookupino(): LookupinoArgs {
    return new LookupinoArgs(this.#view);
  }
}
