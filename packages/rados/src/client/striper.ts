import { CephError, ERRNO } from '@cephts/common';
import { checkBytes, checkText, checkWhole, einval } from '../objecter/check-args.js';
import { CEPH_NOSNAP } from '../osdmap/hobject.js';
import type { Readable, Writable } from 'node:stream';
import { ObjectOperation } from '../objecter/object-operation.js';
import type { ObjectStat } from '../objecter/operation-results.js';
import type { CallOptions } from './call-options.js';
import type { ReadOptions } from './io-ctx.js';
import { readStream, writeStream } from './streams.js';
import type { ReadStreamOptions, WriteStreamOptions } from './streams.js';

/** How a large object is cut up. */
export interface StriperLayout {
  /** Bytes that go to one object before it is the next one's turn. @defaultValue 4194304 (4 MiB) */
  stripeUnit?: number;
  /** Objects that take turns. @defaultValue 1 */
  stripeCount?: number;
  /** Bytes of one object, a multiple of the stripe unit. @defaultValue 4194304 (4 MiB) */
  objectSize?: number;
}

/** What the striper needs of an IoCtx. */
export interface StripedPool {
  readonly snap: bigint;
  operate(oid: string, operation: ObjectOperation, options?: CallOptions): Promise<number>;
  getXattrs(oid: string, options?: CallOptions): Promise<Map<string, Uint8Array>>;
  stat(oid: string, options?: CallOptions): Promise<ObjectStat>;
}

interface Piece {
  oid: string;
  off: number;
  len: number;
  /** Where it lies in the whole. */
  at: number;
}

const UNIT = 'striper.layout.stripe_unit';
const COUNT = 'striper.layout.stripe_count';
const OBJECT = 'striper.layout.object_size';
const SIZE = 'striper.size';
const DEFAULT = 4 * 1024 * 1024;

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytesOf = (value: number): Uint8Array => new TextEncoder().encode(String(value));

/**
 * Large objects over many small ones, laid out and described (in xattrs of the first) as libradosstriper does it, so that `rados --striper`
 * reads what this writes and the reverse. Unlike that library it takes no locks: one writer at a time.
 *
 * @see src/libradosstriper/RadosStriperImpl.cc (16.2.15)
 */
export class Striper {
  readonly #pool: StripedPool;
  readonly #layout: Required<StriperLayout>;

  /** @throws CephError `ERR_CEPH_EINVAL` where the layout makes no sense */
  constructor(pool: StripedPool, { stripeUnit = DEFAULT, stripeCount = 1, objectSize = DEFAULT }: StriperLayout = {}) {
    const sound = [stripeUnit, stripeCount, objectSize].every((n) => Number.isSafeInteger(n) && n > 0);
    if (!sound || objectSize % stripeUnit !== 0) {
      const text = `${stripeUnit} bytes over ${stripeCount} objects of ${objectSize}`;
      throw einval(`a layout that cannot be: ${text}`);
    }
    this.#pool = pool;
    this.#layout = { stripeUnit, stripeCount, objectSize };
  }

  /** @throws CephError `ERR_CEPH_ENOENT` */
  async stat(soid: string, options?: CallOptions): Promise<ObjectStat> {
    const { size } = await this.#open(soid, options);
    return { size, mtime: (await this.#pool.stat(first(soid), options)).mtime };
  }

  /** @param len @defaultValue all from `off` on */
  async read(soid: string, { off = 0, len = Infinity, ...options }: ReadOptions = {}): Promise<Uint8Array> {
    checkWhole('off', off);
    if (len !== Infinity) checkWhole('len', len);
    const { size, layout } = await this.#open(soid, options);
    const end = Math.min(size, off + len);
    if (end <= off) return new Uint8Array(0);
    const out = new Uint8Array(end - off);
    await Promise.all(
      pieces(soid, layout, off, end - off).map(async (piece) => {
        const op = new ObjectOperation();
        const result = op.read(piece.off, piece.len);
        await this.#pool.operate(piece.oid, op, options).catch(ignoreMissing);
        // what was never written reads as zeros
        if (result.value) out.set(result.value, piece.at - off);
      }),
    );
    return out;
  }

  /** Writes at `off`, over objects that are made where needed. */
  async write(soid: string, bytes: Uint8Array, off = 0, options?: CallOptions): Promise<void> {
    checkWhole('off', off);
    checkWhole('end', off + checkBytes('bytes', bytes).length);
    const { layout, size } = await this.#openOrCreate(soid, options);
    const end = off + bytes.length;
    await Promise.all(
      pieces(soid, layout, off, bytes.length).map(({ oid, off: to, len, at }) =>
        this.#pool.operate(oid, new ObjectOperation().write(to, bytes.subarray(at - off, at - off + len)), options),
      ),
    );
    if (end > size) await this.#setSize(soid, end, options);
  }

  /** Replaces the whole. */
  async writeFull(soid: string, bytes: Uint8Array, options?: CallOptions): Promise<void> {
    checkBytes('bytes', bytes);
    await this.truncate(soid, 0, options).catch(ignoreMissing);
    await this.write(soid, bytes, 0, options);
  }

  async append(soid: string, bytes: Uint8Array, options?: CallOptions): Promise<void> {
    checkBytes('bytes', bytes);
    const { size } = await this.#openOrCreate(soid, options);
    await this.write(soid, bytes, size, options);
  }

  async truncate(soid: string, to: number, options?: CallOptions): Promise<void> {
    checkWhole('size', to);
    const { size, layout } = await this.#open(soid, options);
    if (to < size) {
      const { stripeUnit, stripeCount, objectSize } = layout;
      const setBytes = objectSize * stripeCount;
      const count = Math.ceil(size / setBytes) * stripeCount;
      for (let n = 0; n < count; n++) {
        const keep = bytesWithin(n, to, stripeUnit, stripeCount, objectSize);
        const op = keep === 0 && n > 0 ? new ObjectOperation().remove() : new ObjectOperation().truncate(keep);
        await this.#pool.operate(part(soid, n), op, options).catch(ignoreMissing);
      }
    }
    await this.#setSize(soid, to, options);
  }

  async remove(soid: string, options?: CallOptions): Promise<void> {
    const { size, layout } = await this.#open(soid, options);
    const { stripeCount, objectSize } = layout;
    const count = Math.max(1, Math.ceil(size / (objectSize * stripeCount)) * stripeCount);
    // the first, which describes the others, goes last
    for (let n = count - 1; n >= 0; n--)
      await this.#pool.operate(part(soid, n), new ObjectOperation().remove(), options).catch(ignoreMissing);
  }

  createReadStream(soid: string, options?: ReadStreamOptions): Readable {
    return readStream(this, soid, options);
  }

  createWriteStream(soid: string, options?: WriteStreamOptions): Writable {
    // one at a time: each may have to set the size
    return writeStream(this, soid, { ...options, inFlight: 1 });
  }

  async #open(soid: string, options: CallOptions | undefined): Promise<{ size: number; layout: Required<StriperLayout> }> {
    const xattrs = await this.#pool.getXattrs(first(soid), options);
    const number = (name: string): number => Number(textOf(xattrs.get(name)) || NaN);
    const layout = { stripeUnit: number(UNIT), stripeCount: number(COUNT), objectSize: number(OBJECT) };
    const size = number(SIZE);
    if ([size, ...Object.values(layout)].some((n) => !Number.isSafeInteger(n)))
      throw new CephError('ERR_CEPH_ENOENT', `${soid} is not a striped object`, { errno: ERRNO.ENOENT });
    return { size, layout };
  }

  async #openOrCreate(soid: string, options: CallOptions | undefined): Promise<{ size: number; layout: Required<StriperLayout> }> {
    if (this.#pool.snap !== CEPH_NOSNAP) return this.#open(soid, options);
    try {
      return await this.#open(soid, options);
    } catch (error) {
      if ((error as CephError).errno !== ERRNO.ENOENT) throw error;
    }
    const { stripeUnit, stripeCount, objectSize } = this.#layout;
    const op = new ObjectOperation()
      .create()
      .setXattr(UNIT, bytesOf(stripeUnit))
      .setXattr(COUNT, bytesOf(stripeCount))
      .setXattr(OBJECT, bytesOf(objectSize))
      .setXattr(SIZE, bytesOf(0));
    await this.#pool.operate(first(soid), op, options);
    return { size: 0, layout: this.#layout };
  }

  async #setSize(soid: string, size: number, options: CallOptions | undefined): Promise<void> {
    await this.#pool.operate(first(soid), new ObjectOperation().setXattr(SIZE, bytesOf(size)), options);
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as CephError).errno !== ERRNO.ENOENT) throw error;
}

function part(soid: string, n: number): string {
  checkText("an object's name", soid);
  return `${soid}.${n.toString(16).padStart(16, '0')}`;
}

function first(soid: string): string {
  return part(soid, 0);
}

/** A range of the whole, cut along stripe units. */
function pieces(soid: string, layout: Required<StriperLayout>, off: number, len: number): Piece[] {
  const { stripeUnit, stripeCount, objectSize } = layout;
  const unitsPerObject = objectSize / stripeUnit;
  const cut: Piece[] = [];
  for (let at = off; at < off + len;) {
    const unit = Math.floor(at / stripeUnit);
    const stripe = Math.floor(unit / stripeCount);
    const set = Math.floor(stripe / unitsPerObject);
    const within = at % stripeUnit;
    const length = Math.min(stripeUnit - within, off + len - at);
    const to = (stripe % unitsPerObject) * stripeUnit + within;
    cut.push({ oid: part(soid, set * stripeCount + (unit % stripeCount)), off: to, len: length, at });
    at += length;
  }
  return cut;
}

/** How many bytes of object `n` lie within the first `size` bytes of the whole. */
function bytesWithin(n: number, size: number, stripeUnit: number, stripeCount: number, objectSize: number): number {
  const setBytes = objectSize * stripeCount;
  const inSet = size - Math.floor(n / stripeCount) * setBytes;
  if (inSet <= 0) return 0;
  if (inSet >= setBytes) return objectSize;
  const stripeBytes = stripeUnit * stripeCount;
  const whole = Math.floor(inSet / stripeBytes) * stripeUnit;
  const rest = (inSet % stripeBytes) - (n % stripeCount) * stripeUnit;
  return whole + Math.max(0, Math.min(stripeUnit, rest));
}
