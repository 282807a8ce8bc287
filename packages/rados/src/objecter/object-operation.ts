import { ERRNO } from '@cephts/common';
import { Encoder, encodeText } from '@cephts/encoding';
import type { HObject } from '../osdmap/hobject.js';
import { CMPXATTR_MODE, OSD_FLAG, OSD_OP, OSD_OP_FLAG, OSD_WATCH_OP, osdOpName } from '../messages/osd/osd-op-codes.js';
import type { OsdOpOutcome } from '../messages/osd/m-osd-op-reply.js';
import { OsdOp } from '../messages/osd/osd-op.js';
import type { OsdOpArgs } from '../messages/osd/osd-op.js';
import { checkBytes, checkNumber, checkText, checkWhole, einval, U32_MAX } from './check-args.js';
import { readers } from './operation-results.js';
import type {
  CloneInfo,
  ListPage,
  ObjectStat,
  OmapKeysPage,
  OmapPage,
  OpResult,
  SparseRead,
  Watcher,
} from './operation-results.js';

const NO_BYTES = new Uint8Array(0);
const XATTR = 'the name of an xattr';
const OMAP_KEY = 'a key of an omap';
const NO_OPS: OsdOp[] = [];
const NO_SLOTS: (Slot | undefined)[] = [];

interface Slot {
  fill(r: number, outdata: Uint8Array, silent: boolean): void;
}

class ResultSlot<T> implements OpResult<T>, Slot {
  r = 0;
  value: T | undefined = undefined;
  readonly #read: (out: Uint8Array) => T;

  constructor(read: (out: Uint8Array) => T) {
    this.#read = read;
  }

  fill(r: number, outdata: Uint8Array, silent: boolean): void {
    this.r = r;
    if (r >= 0 && !(silent && outdata.length === 0)) this.value = this.#read(outdata);
  }
}

/**
 * Steps on one object that are carried out in order, all or none, with a result for each. In an operation that changes something steps that
 * read only guard it: they can fail it, but what they read does not come back (but for `returnvec`). Never read data there: an OSD of 16.2
 * compares them with the checksum of what is being written, and takes the object for damaged.
 *
 * Bytes handed in belong to the operation until it completes: do not change them.
 *
 * @example
 * ```ts
 * const op = new ObjectOperation();
 * const size = op.stat();
 * const header = op.omapGetHeader();
 * await ioctx.operate('name', op);
 * console.log(size.value?.size, header.value);
 * ```
 * @see struct ObjectOperation in src/osdc/Objecter.h (16.2.15)
 */
export class ObjectOperation {
  #ops: OsdOp[] = NO_OPS;
  #slots: (Slot | undefined)[] = NO_SLOTS;
  /** OSD_FLAG bits: does it read, write, …? */
  flags = 0;
  /** Bytes that it takes of the throttle. */
  budget = 0;

  /** The steps, in order. */
  get ops(): readonly OsdOp[] {
    return this.#ops;
  }

  /** Adds a step in the form OSDs know. @throws CephError `ERR_CEPH_EINVAL` where one of its numbers is none that can be sent */
  add(op: OsdOp, flags: number, slot?: Slot): this {
    if (!hasWholeNumbers(op)) {
      const numbers = [op.n1, op.n2, op.n3, op.n4, op.n5].join(', ');
      throw einval(`${osdOpName(op.code)}: expected whole numbers from 0 to ${Number.MAX_SAFE_INTEGER}, got ${numbers}`);
    }
    // most have one step: of an array that is pushed to, V8 makes room for seventeen
    if (this.#ops.length === 0) {
      this.#ops = [op];
      this.#slots = [slot];
    } else {
      this.#ops.push(op);
      this.#slots.push(slot);
    }
    this.flags |= flags;
    this.budget += flags & OSD_FLAG.WRITE ? op.indata.length : op.args === 'extent' ? op.n2 : 0;
    return this;
  }

  /** Data at an offset. */
  #writeData(code: number, off: number, bytes: Uint8Array): this {
    return this.#write(code, 'extent', off, checkBytes('bytes', bytes).length, bytes);
  }

  #write(code: number, args: OsdOpArgs, n1: number, n2: number, indata?: Uint8Array): this {
    return this.add(new OsdOp(code, args, n1, n2, indata), OSD_FLAG.WRITE);
  }

  #read<T>(op: OsdOp, read: (out: Uint8Array) => T): OpResult<T> {
    const slot = new ResultSlot(read);
    this.add(op, OSD_FLAG.READ, slot);
    return slot;
  }

  /** The last step may fail without failing the operation. */
  failOk(): this {
    const last = this.#ops[this.#ops.length - 1];
    if (last) last.flags |= OSD_OP_FLAG.FAILOK;
    return this;
  }

  /** Small results (64 bytes each, as OSDs are set up) of an operation that changes something are to come back. */
  returnvec(): this {
    this.flags |= OSD_FLAG.RETURNVEC;
    return this;
  }

  // ---- data

  /** Makes the object exist. @param exclusive -EEXIST where it does already */
  create(exclusive = false): this {
    const op = new OsdOp(OSD_OP.CREATE, 'pair');
    if (exclusive) op.flags |= OSD_OP_FLAG.EXCL;
    return this.add(op, OSD_FLAG.WRITE);
  }

  write(off: number, bytes: Uint8Array): this {
    return this.#writeData(OSD_OP.WRITE, off, bytes);
  }

  /** Replaces the whole data. */
  writeFull(bytes: Uint8Array): this {
    return this.#writeData(OSD_OP.WRITEFULL, 0, bytes);
  }

  append(bytes: Uint8Array): this {
    return this.#writeData(OSD_OP.APPEND, 0, bytes);
  }

  /** Writes `bytes` again and again, over `len` bytes, a multiple of theirs. */
  writeSame(off: number, len: number, bytes: Uint8Array): this {
    const op = new OsdOp(OSD_OP.WRITESAME, 'extent', off, len, checkBytes('bytes', bytes));
    op.n3 = bytes.length;
    return this.add(op, OSD_FLAG.WRITE);
  }

  truncate(size: number): this {
    return this.#write(OSD_OP.TRUNCATE, 'extent', size, 0);
  }

  /** Makes a range read as zeros; never makes the object longer. Where the range reaches the end, the object is cut off at `off`. */
  zero(off: number, len: number): this {
    return this.#write(OSD_OP.ZERO, 'extent', off, len);
  }

  remove(): this {
    return this.#write(OSD_OP.DELETE, 'extent', 0, 0);
  }

  /** @param len bytes at the most; as on the wire 0 is for all from `off` on, otherwise than with `IoCtx.read` */
  read(off = 0, len = 0): OpResult<Uint8Array> {
    return this.#read(new OsdOp(OSD_OP.READ, 'extent', off, len), readers.bytes);
  }

  /** @param len as with {@link read}: 0 is for all */
  sparseRead(off: number, len: number): OpResult<SparseRead> {
    return this.#read(new OsdOp(OSD_OP.SPARSE_READ, 'extent', off, len), readers.sparse);
  }

  stat(): OpResult<ObjectStat> {
    return this.#read(new OsdOp(OSD_OP.STAT, 'extent'), readers.stat);
  }

  /** Fails with −4095 − n where byte n differs from what is given. */
  cmpExt(off: number, bytes: Uint8Array): this {
    return this.add(new OsdOp(OSD_OP.CMPEXT, 'extent', off, checkBytes('bytes', bytes).length, bytes), OSD_FLAG.READ);
  }

  /** -ENOENT where there is no such object. */
  assertExists(): this {
    return this.add(new OsdOp(OSD_OP.STAT, 'extent'), OSD_FLAG.READ);
  }

  /** -ERANGE or -EOVERFLOW where the object's version is another one. */
  assertVersion(version: number): this {
    return this.add(new OsdOp(OSD_OP.ASSERT_VER, 'pair', 0, version), OSD_FLAG.READ);
  }

  /** How large the object and its writes will be, for the allocator. @param flags CEPH_OSD_ALLOC_HINT_FLAG_… */
  setAllocHint(expectedObjectSize: number, expectedWriteSize: number, flags = 0): this {
    const op = new OsdOp(OSD_OP.SETALLOCHINT, 'extent', expectedObjectSize, expectedWriteSize);
    op.n3 = flags;
    // of no effect where an OSD does not know hints
    op.flags |= OSD_OP_FLAG.FAILOK;
    return this.add(op, OSD_FLAG.WRITE);
  }

  /** Back to what it was at a snapshot. */
  rollback(snapid: number): this {
    return this.#write(OSD_OP.ROLLBACK, 'pair', snapid, 0);
  }

  // ---- xattrs

  setXattr(name: string, bytes: Uint8Array): this {
    const key = encodeText(checkText(XATTR, name));
    return this.#write(OSD_OP.SETXATTR, 'xattr', key.length, checkBytes('bytes', bytes).length, joined(key, bytes));
  }

  rmXattr(name: string): this {
    const key = encodeText(checkText(XATTR, name));
    return this.#write(OSD_OP.RMXATTR, 'xattr', key.length, 0, key);
  }

  /** -ENODATA where the object has none of that name. */
  getXattr(name: string): OpResult<Uint8Array> {
    const key = encodeText(checkText(XATTR, name));
    return this.#read(new OsdOp(OSD_OP.GETXATTR, 'xattr', key.length, 0, key), readers.bytes);
  }

  getXattrs(): OpResult<Map<string, Uint8Array>> {
    return this.#read(new OsdOp(OSD_OP.GETXATTRS, 'pair'), readers.xattrs);
  }

  /** -ECANCELED where the comparison (CMPXATTR_OP) does not hold. A number is compared as one of 64 bits. */
  cmpXattr(name: string, comparison: number, value: Uint8Array | number): this {
    const key = encodeText(checkText(XATTR, name));
    const bytes = typeof value === 'number' ? new Encoder().u64(checkWhole('value', value)).toBytes() : checkBytes('value', value);
    const op = new OsdOp(OSD_OP.CMPXATTR, 'xattr', key.length, bytes.length, joined(key, bytes));
    op.n3 = comparison;
    op.n4 = typeof value === 'number' ? CMPXATTR_MODE.U64 : CMPXATTR_MODE.STRING;
    return this.add(op, OSD_FLAG.READ);
  }

  // ---- omap

  omapSet(vals: ReadonlyMap<string, Uint8Array>): this {
    const e = new Encoder().map(
      vals,
      (e, key) => e.string(checkText(OMAP_KEY, key)),
      (e, value) => e.blob(checkBytes('value', value)),
    );
    return this.#write(OSD_OP.OMAPSETVALS, 'pair', 0, 0, e.view());
  }

  omapRmKeys(keys: Iterable<string>): this {
    return this.#write(OSD_OP.OMAPRMKEYS, 'pair', 0, 0, encodeKeys(keys));
  }

  /** Removes keys from `begin` up to but without `end`. */
  omapRmRange(begin: string, end: string): this {
    return this.#write(
      OSD_OP.OMAPRMKEYRANGE,
      'pair',
      0,
      0,
      new Encoder().string(checkText('begin', begin)).string(checkText('end', end)).view(),
    );
  }

  /** Removes keys and header. */
  omapClear(): this {
    return this.#write(OSD_OP.OMAPCLEAR, 'pair', 0, 0);
  }

  omapSetHeader(bytes: Uint8Array): this {
    return this.#write(OSD_OP.OMAPSETHEADER, 'pair', 0, 0, checkBytes('bytes', bytes));
  }

  omapGetHeader(): OpResult<Uint8Array> {
    return this.#read(new OsdOp(OSD_OP.OMAPGETHEADER, 'pair'), readers.bytes);
  }

  /** A page of keys and values beyond `startAfter` that begin with `filterPrefix`. */
  omapGetVals(startAfter = '', filterPrefix = '', max = Infinity): OpResult<OmapPage> {
    const indata = new Encoder()
      .string(checkText('startAfter', startAfter))
      .u64(pageSize(max))
      .string(checkText('filterPrefix', filterPrefix))
      .view();
    return this.#read(new OsdOp(OSD_OP.OMAPGETVALS, 'pair', 0, 0, indata), readers.omapPage);
  }

  omapGetKeys(startAfter = '', max = Infinity): OpResult<OmapKeysPage> {
    const indata = new Encoder().string(checkText('startAfter', startAfter)).u64(pageSize(max)).view();
    return this.#read(new OsdOp(OSD_OP.OMAPGETKEYS, 'pair', 0, 0, indata), readers.omapKeys);
  }

  /** Keys that are not there are left out. */
  omapGetValsByKeys(keys: Iterable<string>): OpResult<Map<string, Uint8Array>> {
    return this.#read(new OsdOp(OSD_OP.OMAPGETVALSBYKEYS, 'pair', 0, 0, encodeKeys(keys)), readers.omapVals);
  }

  /** -ECANCELED where a comparison (CMPXATTR_OP; only EQ, LT and GT) does not hold. */
  omapCmp(assertions: ReadonlyMap<string, { value: Uint8Array; op: number }>): this {
    const e = new Encoder().map(
      assertions,
      (e, key) => e.string(checkText(OMAP_KEY, key)),
      (e, { value, op }) => e.blob(checkBytes('value', value)).s32(op),
    );
    return this.add(new OsdOp(OSD_OP.OMAP_CMP, 'pair', 0, 0, e.view()), OSD_FLAG.READ);
  }

  // ---- the rest

  /** Runs a method of an object class in the OSD. @param writes may it change the object? */
  exec(cls: string, method: string, input: Uint8Array = NO_BYTES, writes = false): OpResult<Uint8Array> {
    const slot = new ResultSlot(readers.bytes);
    const names = encodeText(checkText('cls', cls) + checkText('method', method));
    const op = new OsdOp(
      OSD_OP.CALL,
      'cls',
      encodeText(cls).length,
      encodeText(method).length,
      joined(names, checkBytes('input', input)),
    );
    op.n3 = input.length;
    this.add(op, OSD_FLAG.EXEC | (writes ? OSD_FLAG.WRITE : OSD_FLAG.READ), slot);
    return slot;
  }

  listWatchers(): OpResult<Watcher[]> {
    return this.#read(new OsdOp(OSD_OP.LIST_WATCHERS, 'pair'), readers.watchers);
  }

  /** Needs the snapshot CEPH_SNAPDIR. */
  listSnaps(): OpResult<{ clones: CloneInfo[]; seq: number }> {
    return this.#read(new OsdOp(OSD_OP.LIST_SNAPS, 'pair'), readers.snaps);
  }

  /** @param op OSD_WATCH_OP */
  watch(cookie: number, op: number, generation = 0, timeout = 0): this {
    const step = new OsdOp(OSD_OP.WATCH, 'watch', cookie);
    step.n3 = op;
    step.n4 = generation;
    step.n5 = checkWhole('timeout', timeout, { max: U32_MAX });
    // a ping changes nothing, and is not held up by what holds up writes
    return this.add(step, op === OSD_WATCH_OP.PING ? OSD_FLAG.READ : OSD_FLAG.WRITE);
  }

  /** @param timeout seconds to wait for acknowledgements */
  notify(cookie: number, payload: Uint8Array, timeout: number): OpResult<Uint8Array> {
    const indata = new Encoder()
      .u32(1)
      .u32(checkWhole('timeout', timeout, { max: U32_MAX }))
      .blob(checkBytes('payload', payload))
      .view();
    return this.#read(new OsdOp(OSD_OP.NOTIFY, 'pair', cookie, 0, indata), readers.bytes);
  }

  notifyAck(notifyId: number, cookie: number, reply: Uint8Array = NO_BYTES): this {
    const indata = new Encoder().u64(notifyId).u64(cookie).blob(checkBytes('reply', reply)).view();
    return this.add(new OsdOp(OSD_OP.NOTIFY_ACK, 'pair', 0, 0, indata), OSD_FLAG.READ);
  }

  /** Objects of a placement group from `from` on. @param max objects at the most */
  list(from: HObject, max: number, epoch: number): OpResult<ListPage> {
    const e = new Encoder();
    from.encode(e);
    const op = new OsdOp(OSD_OP.PGNLS, 'pair', max, epoch, e.view());
    const result = this.#read(op, readers.listPage);
    this.flags |= OSD_FLAG.PGOP;
    return result;
  }

  /** The last step's result, of steps that give none themselves: `op.cmpExt(0, bytes).result()`. */
  result(): OpResult<unknown> {
    const last = this.#slots.length - 1;
    if (last < 0) throw einval('there is no step yet that could have a result');
    const slot = (this.#slots[last] as ResultSlot<unknown> | undefined) ?? new ResultSlot<unknown>(() => undefined);
    this.#slots[last] = slot;
    return slot;
  }

  /**
   * Fills in the results: what the OSD says of each step up to the one that failed the operation, of the others that one's errno.
   *
   * @internal
   * @param r what the whole operation gave
   */
  finish(outcomes: readonly OsdOpOutcome[], r: number): void {
    // of what changes something, OSDs tell no more than the result
    const silent = (this.flags & OSD_FLAG.WRITE) !== 0;
    const reached = r < 0 ? this.#failedStep(outcomes) : outcomes.length - 1;
    for (let i = 0; i < this.#slots.length; i++) {
      const outcome = outcomes[i];
      if (outcome && i <= reached) this.#slots[i]?.fill(outcome.rval, outcome.outdata, silent);
      else this.#slots[i]?.fill(r < 0 ? r : -ERRNO.EIO, NO_BYTES, silent);
    }
  }

  /** The step that ended a failed operation; −1 where it did not come to the steps, or the OSD does not say. */
  #failedStep(outcomes: readonly OsdOpOutcome[]): number {
    return outcomes.findIndex(({ rval }, i) => rval < 0 && ((this.#ops[i]?.flags ?? 0) & OSD_OP_FLAG.FAILOK) === 0);
  }
}

/** What is not one would go over the wire as another number, and change other data than was meant. */
function hasWholeNumbers({ n1, n2, n3, n4, n5 }: OsdOp): boolean {
  return isWhole(n1) && isWhole(n2) && isWhole(n3) && isWhole(n4) && isWhole(n5);
}

function isWhole(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

/** Infinity is for as many as there are. */
function pageSize(max: number): number {
  return Math.floor(Math.min(checkNumber('max', max), U32_MAX));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (b.length === 0) return a;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function encodeKeys(keys: Iterable<string>): Uint8Array {
  return new Encoder().list([...keys], (e, key) => e.string(checkText(OMAP_KEY, key))).view();
}
