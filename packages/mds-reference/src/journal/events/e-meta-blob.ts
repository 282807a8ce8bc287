import { DirFrag, EntityName, IntervalSet, fragCompare, sortedEntries } from '@cephts/encoding';
import type { Decoder, Encoder, Frag } from '@cephts/encoding';
import type { Fnode } from '../../types/fnode.js';
import { MetaReqId } from '../../types/meta-req-id.js';
import type { LogSegment } from '../log-segment.js';
import { DIRLUMP_COMPLETE, DIRLUMP_DIRTY, DIRLUMP_DIRTYDFT, DIRLUMP_IMPORTING, DIRLUMP_NEW, DirLump } from './dir-lump.js';
import { FullBit } from './meta-bits.js';

/** A request or cap flush that is complete once the event is safe; what is older than `oldest` (0: nothing) may be forgotten. */
export interface ClientOp {
  readonly reqid: MetaReqId;
  readonly oldest: number;
}

/** Below this many lumps a walk finds one faster than an index would. */
const INDEX_FROM = 8;
/** In the place of a lump that is still to be read. */
const NO_LUMP = new DirLump();

/**
 * A change of metadata in the journal: fragments and their dentries, roots, and what goes with them in tables and sessions. It holds
 * data only; building it from the cache, and replaying it into the cache, is the cache's.
 *
 * @see src/mds/events/EMetaBlob.h (16.2.15)
 */
export class EMetaBlob {
  /** In the order they were added, which is the order they are replayed in. */
  readonly lumpOrder: DirFrag[] = [];
  /** Beside `lumpOrder`, index by index. */
  readonly lumps: DirLump[] = [];
  roots: FullBit[] = [];
  /** Transactions of table clients. */
  tableTids: { readonly table: number; readonly tid: number }[] = [];
  openedIno = 0;
  renamedDirino = 0;
  renamedDirFrags: Frag[] = [];

  inotablev = 0;
  sessionmapv = 0;
  allocatedIno = 0;
  usedPreallocatedIno = 0;
  preallocatedInos = new IntervalSet();
  clientName = new EntityName();

  truncateStart: number[] = [];
  /** Inode to the segment its truncation began in. */
  truncateFinish = new Map<number, number>();
  destroyedInodes: number[] = [];
  clientReqs: ClientOp[] = [];
  clientFlushes: ClientOp[] = [];

  /** Sequence of the newest subtree map when the event began; not stored. */
  lastSubtreeMap = 0;
  /** Sequence of the event; not stored. */
  eventSeq = 0;

  #index: Map<number, number[]> | undefined;

  #find(dirfrag: DirFrag): number {
    const order = this.lumpOrder;
    if (order.length < INDEX_FROM) {
      for (let i = 0; i < order.length; i++) if ((order[i] as DirFrag).equals(dirfrag)) return i;
      return -1;
    }
    if (!this.#index) {
      this.#index = new Map();
      order.forEach((known, i) => this.#addToIndex(known, i));
    }
    for (const i of this.#index.get(dirfrag.ino) ?? []) if ((order[i] as DirFrag).frag === dirfrag.frag) return i;
    return -1;
  }

  #addToIndex(dirfrag: DirFrag, i: number): void {
    const known = this.#index?.get(dirfrag.ino);
    if (known) known.push(i);
    else this.#index?.set(dirfrag.ino, [i]);
  }

  getLump(dirfrag: DirFrag): DirLump | undefined {
    return this.lumps[this.#find(dirfrag)];
  }

  hasLump(dirfrag: DirFrag): boolean {
    return this.#find(dirfrag) >= 0;
  }

  /** The lump of a fragment, new or with its `fnode` replaced; states add up. */
  addDir(
    dirfrag: DirFrag,
    fnode: Fnode,
    dirty: boolean,
    complete = false,
    isNew = false,
    importing = false,
    dirtyDft = false,
  ): DirLump {
    let lump = this.getLump(dirfrag);
    if (lump) lump.fnode = fnode;
    else lump = this.#push(dirfrag, new DirLump(fnode));
    lump.state |=
      (complete ? DIRLUMP_COMPLETE : 0) |
      (dirty ? DIRLUMP_DIRTY : 0) |
      (isNew ? DIRLUMP_NEW : 0) |
      (importing ? DIRLUMP_IMPORTING : 0) |
      (dirtyDft ? DIRLUMP_DIRTYDFT : 0);
    return lump;
  }

  #push(dirfrag: DirFrag, lump: DirLump): DirLump {
    this.lumpOrder.push(dirfrag);
    this.lumps.push(lump);
    this.#addToIndex(dirfrag, this.lumps.length - 1);
    return lump;
  }

  /** Replaces an earlier one of the same inode. */
  addRootBit(bit: FullBit): void {
    this.roots = this.roots.filter((root) => root.inode.ino !== bit.inode.ino);
    this.roots.push(bit);
  }

  addClientReq(reqid: MetaReqId, oldest = 0): void {
    this.clientReqs.push({ reqid, oldest });
  }

  addClientFlush(reqid: MetaReqId, oldest = 0): void {
    this.clientFlushes.push({ reqid, oldest });
  }

  addTableTransaction(table: number, tid: number): void {
    this.tableTids.push({ table, tid });
  }

  addOpenedIno(ino: number): void {
    this.openedIno = ino;
  }

  setInoAlloc(
    alloc: number,
    usedPrealloc: number,
    prealloc: IntervalSet,
    client: EntityName,
    sessionmapv: number,
    inotablev: number,
  ): void {
    this.allocatedIno = alloc;
    this.usedPreallocatedIno = usedPrealloc;
    this.preallocatedInos = prealloc;
    this.clientName = client;
    this.sessionmapv = sessionmapv;
    this.inotablev = inotablev;
  }

  addTruncateStart(ino: number): void {
    this.truncateStart.push(ino);
  }

  addTruncateFinish(ino: number, segmentSeq: number): void {
    this.truncateFinish.set(ino, segmentSeq);
  }

  addDestroyedInode(ino: number): void {
    this.destroyedInodes.push(ino);
  }

  isEmpty(): boolean {
    return (
      this.roots.length === 0 &&
      this.lumps.length === 0 &&
      this.tableTids.length === 0 &&
      this.truncateStart.length === 0 &&
      this.truncateFinish.size === 0 &&
      this.destroyedInodes.length === 0 &&
      this.clientReqs.length === 0 &&
      this.openedIno === 0 &&
      this.inotablev === 0 &&
      this.sessionmapv === 0
    );
  }

  /** Table versions that must be saved before the segment can go. */
  updateSegment(segment: LogSegment): void {
    if (this.inotablev > 0) segment.inotablev = this.inotablev;
    if (this.sessionmapv > 0) segment.sessionmapv = this.sessionmapv;
  }

  /** Indices of the lumps by fragment, as a std::map has them. */
  #sortedLumps(): number[] {
    const order = this.lumpOrder;
    const indices = order.map((_, i) => i);
    if (indices.length < 2) return indices;
    return indices.sort((i, j) => {
      const a = order[i] as DirFrag;
      const b = order[j] as DirFrag;
      return a.ino - b.ino || fragCompare(a.frag, b.frag);
    });
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(8, 5);
    const order = this.lumpOrder;
    e.u32(order.length);
    for (let i = 0; i < order.length; i++) (order[i] as DirFrag).encode(e);
    e.u32(order.length);
    for (const i of this.#sortedLumps()) {
      (order[i] as DirFrag).encode(e);
      (this.lumps[i] as DirLump).encode(e, features);
    }
    e.u32(this.roots.length);
    for (const root of this.roots) root.encode(e, features);
    e.u32(this.tableTids.length);
    for (const { table, tid } of this.tableTids) e.u8(table).u64(tid);
    e.u64(this.openedIno).u64(this.allocatedIno).u64(this.usedPreallocatedIno);
    this.preallocatedInos.encode(e);
    this.clientName.encode(e);
    e.u64(this.inotablev).u64(this.sessionmapv);
    encodeNumbers(e, this.truncateStart);
    e.u32(this.truncateFinish.size);
    for (const [ino, seq] of sortedEntries(this.truncateFinish)) e.u64(ino).u64(seq);
    encodeNumbers(e, this.destroyedInodes);
    encodeOps(e, this.clientReqs);
    e.u64(this.renamedDirino);
    e.u32(this.renamedDirFrags.length);
    for (const frag of this.renamedDirFrags) e.u32(frag);
    // two fields of a release long gone
    e.s64(-1).bool(false);
    encodeOps(e, this.clientFlushes);
    e.finish(mark);
  }

  static decode(d: Decoder): EMetaBlob {
    const frame = d.start(8, 'EMetaBlob');
    const { version } = frame;
    if (version < 5) throw d.error(`version ${version} is older than any supported release`);
    const blob = new EMetaBlob();
    const order = d.list(DirFrag.decode, 12);
    for (const dirfrag of order) {
      if (blob.#find(dirfrag) >= 0) throw d.error(`two places in the order for ${dirfrag}`);
      blob.#push(dirfrag, NO_LUMP);
    }
    for (let left = d.count(12); left > 0; left--) {
      const dirfrag = DirFrag.decode(d);
      const at = blob.#find(dirfrag);
      if (at < 0) throw d.error(`a lump without its place in the order: ${dirfrag}`);
      blob.lumps[at] = DirLump.decode(d);
    }
    const missing = blob.lumps.indexOf(NO_LUMP);
    if (missing >= 0) throw d.error(`no lump for ${order[missing]}`);
    blob.roots = d.list(FullBit.decode, 6);
    blob.tableTids = d.list((item) => ({ table: item.u8(), tid: item.u64() }), 9);
    blob.openedIno = d.u64();
    blob.allocatedIno = d.u64();
    blob.usedPreallocatedIno = d.u64();
    blob.preallocatedInos = IntervalSet.decode(d);
    blob.clientName = EntityName.decode(d);
    blob.inotablev = d.u64();
    blob.sessionmapv = d.u64();
    blob.truncateStart = d.list((item) => item.u64(), 8);
    blob.truncateFinish = d.map(
      (item) => item.u64(),
      (item) => item.u64(),
      16,
    );
    blob.destroyedInodes = d.list((item) => item.u64(), 8);
    blob.clientReqs = decodeOps(d);
    blob.renamedDirino = d.u64();
    blob.renamedDirFrags = d.list((item) => item.u32(), 4);
    if (version >= 6) d.skip(9);
    if (version >= 8) blob.clientFlushes = decodeOps(d);
    d.finish(frame, 'EMetaBlob');
    return blob;
  }

  toString(): string {
    const first = this.lumpOrder[0];
    return `[metablob${first ? ` ${first}, ${this.lumps.length} dirs` : ''}${
      this.allocatedIno ? ` alloc_ino=0x${this.allocatedIno.toString(16)} v${this.inotablev}` : ''
    }]`;
  }
}

function encodeNumbers(e: Encoder, numbers: readonly number[]): void {
  e.u32(numbers.length);
  for (let i = 0; i < numbers.length; i++) e.u64(numbers[i] as number);
}

function encodeOps(e: Encoder, ops: readonly ClientOp[]): void {
  e.u32(ops.length);
  for (let i = 0; i < ops.length; i++) {
    const { reqid, oldest } = ops[i] as ClientOp;
    reqid.encode(e);
    e.u64(oldest);
  }
}

function decodeOps(d: Decoder): ClientOp[] {
  return d.list((item) => ({ reqid: MetaReqId.decode(item), oldest: item.u64() }), 25);
}
