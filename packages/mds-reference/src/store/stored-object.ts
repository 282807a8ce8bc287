import { ERRNO } from '@cephts/common';
import { decodeText } from '@cephts/encoding';
import {
  byteText,
  dataKey,
  dataOffset,
  headKey,
  KIND_DATA,
  KIND_HEAD,
  KIND_OMAP,
  KIND_OMAP_HEADER,
  KIND_XATTR,
  keyFits,
  kindEnd,
  omapHeaderKey,
  omapKey,
  prefixEnd,
  xattrKey,
} from './lmdb-keys.js';
import { MAX_OBJECT_SIZE } from './object-image.js';
import type { ObjectPages } from './object-pages.js';
import { dropResults } from './object-store.js';
import type { ObjectOperation, ObjectStep, OmapPage } from './object-store.js';

/** A piece of data is at most so long: what a read has to look back for the piece that covers its beginning. */
const MAX_PIECE = 64 * 1024;
/** Keys in one page of omapGetVals at the most, lest reading a huge folder holds everybody up. */
const MAX_PAGE_KEYS = 1024;
const HEAD_FORMAT = 1;
const HEAD_LENGTH = 13;
const EMPTY = new Uint8Array(0);

interface Head {
  size: number;
  mtime: number;
}

/**
 * Carries operations out on one object of a database. Data lies in pieces as it was written, each at its offset, none overlapping; what no
 * piece covers reads as zeros. So appending to an object writes what is appended and nothing else.
 */
export class StoredObject {
  readonly #pages: ObjectPages;
  #head: Head | undefined;

  constructor(pages: ObjectPages) {
    this.#pages = pages;
    const bytes = pages.get(headKey());
    if (bytes?.length === HEAD_LENGTH && bytes[0] === HEAD_FORMAT) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#head = { size: view.getUint32(1, true), mtime: view.getFloat64(5, true) };
    }
  }

  get pages(): ObjectPages {
    return this.#pages;
  }

  /** Carries the operation out, or leaves everything as it was. @returns 0 or -errno */
  apply(op: ObjectOperation, now: number): number {
    const pages = this.#pages;
    const before = this.#head && { ...this.#head };
    if (op.isWrite) pages.begin();
    let r = -ERRNO.EIO;
    try {
      r = this.#steps(op, now);
    } finally {
      if (r < 0) {
        pages.rollback();
        this.#head = before;
      } else pages.end();
    }
    dropResults(op);
    return r;
  }

  #steps(op: ObjectOperation, now: number): number {
    let changed = false;
    for (const step of op.steps) {
      const r = 'result' in step ? this.#read(step) : this.#write(step, now);
      if (r < 0) return r;
      changed ||= r > 0;
    }
    if (changed) this.#writeHead(now);
    return 0;
  }

  #writeHead(now: number): void {
    if (!this.#head) {
      this.#pages.delete(headKey());
      return;
    }
    this.#head.mtime = now;
    const bytes = new Uint8Array(HEAD_LENGTH);
    const view = new DataView(bytes.buffer);
    bytes[0] = HEAD_FORMAT;
    view.setUint32(1, this.#head.size, true);
    view.setFloat64(5, now, true);
    this.#pages.set(headKey(), bytes);
  }

  /** @returns 1 where the object changed, 0 where nothing was to be done, or -errno */
  #write(step: ObjectStep, now: number): number {
    switch (step.op) {
      case 'create':
        if (this.#head && step.exclusive) return -ERRNO.EEXIST;
        break;
      case 'remove':
        return this.#remove();
      // these make no object
      case 'zero':
        return this.#head ? this.#zero(this.#head, step.off, step.len) : 0;
      case 'truncate':
        return this.#head ? this.#truncate(this.#head, step.size) : 0;
      case 'omapClear':
        if (!this.#head) return 0;
        break;
      case 'rmXattr':
        if (!this.#head) return -ERRNO.ENOENT;
        if (!this.#pages.get(xattrKey(step.name))) return 0;
        this.#pages.delete(xattrKey(step.name));
        return 1;
      default:
    }
    this.#head ??= { size: 0, mtime: now };
    const head = this.#head;
    switch (step.op) {
      case 'write':
        return this.#writeData(head, step.off, step.bytes);
      case 'append':
        return this.#writeData(head, head.size, step.bytes);
      case 'writeFull':
        this.#clearKind(KIND_DATA);
        head.size = 0;
        return this.#writeData(head, 0, step.bytes);
      case 'setXattr':
        return this.#set(xattrKey(step.name), step.bytes);
      case 'omapSetHeader':
        return this.#set(omapHeaderKey(), step.bytes);
      case 'omapSet':
        for (const [key, value] of step.vals) {
          const r = this.#set(omapKey(key), value);
          if (r < 0) return r;
        }
        return 1;
      case 'omapRmKeys':
        for (const key of step.keys) this.#pages.delete(omapKey(key));
        return 1;
      case 'omapClear':
        this.#clearKind(KIND_OMAP);
        this.#pages.delete(omapHeaderKey());
        return 1;
      default:
        return 1;
    }
  }

  #set(sub: string, value: Uint8Array): number {
    if (!keyFits(this.#pages.prefix, sub)) return -ERRNO.ENAMETOOLONG;
    this.#pages.set(sub, value);
    return 1;
  }

  #clearKind(kind: number): void {
    for (const [sub] of this.#pages.range(String.fromCharCode(kind), kindEnd(kind))) this.#pages.delete(sub);
  }

  #remove(): number {
    if (!this.#head) return -ERRNO.ENOENT;
    for (const kind of [KIND_HEAD, KIND_DATA, KIND_XATTR, KIND_OMAP_HEADER, KIND_OMAP]) this.#clearKind(kind);
    this.#head = undefined;
    return 1;
  }

  // ---- data

  #writeData(head: Head, off: number, bytes: Uint8Array): number {
    const end = off + bytes.length;
    if (off < 0 || end > MAX_OBJECT_SIZE) return -ERRNO.EFBIG;
    if (off < head.size) this.#punch(off, end);
    for (let at = 0; at < bytes.length; at += MAX_PIECE) {
      this.#pages.set(dataKey(off + at), bytes.length <= MAX_PIECE ? bytes : bytes.subarray(at, at + MAX_PIECE));
    }
    if (end > head.size) head.size = end;
    return 1;
  }

  /** Pieces that touch `[off, end)`, in order. */
  *#pieces(off: number, end: number): Generator<[start: number, piece: Uint8Array]> {
    for (const [sub, piece] of this.#pages.range(dataKey(Math.max(0, off - MAX_PIECE + 1)), dataKey(end))) {
      const start = dataOffset(sub);
      if (start + piece.length > off) yield [start, piece];
    }
  }

  /** Makes a hole of `[off, end)`. */
  #punch(off: number, end: number): void {
    for (const [start, piece] of this.#pieces(off, end)) {
      this.#pages.delete(dataKey(start));
      if (start < off) this.#pages.set(dataKey(start), piece.slice(0, off - start));
      if (start + piece.length > end) this.#pages.set(dataKey(end), piece.slice(end - start));
    }
  }

  #zero(head: Head, off: number, length: number): number {
    const end = off + length;
    if (end >= head.size) return off < head.size ? this.#truncate(head, off) : 0;
    this.#punch(off, end);
    return 1;
  }

  #truncate(head: Head, size: number): number {
    if (size < 0 || size > MAX_OBJECT_SIZE) return -ERRNO.EFBIG;
    if (size < head.size) this.#punch(size, head.size);
    head.size = size;
    return 1;
  }

  #readData(off: number, length: number): Uint8Array {
    const size = this.#head?.size ?? 0;
    const end = length > 0 ? Math.min(off + length, size) : size;
    if (off >= end) return EMPTY;
    const bytes = new Uint8Array(end - off);
    for (const [start, piece] of this.#pieces(off, end)) {
      const from = Math.max(off, start);
      const to = Math.min(end, start + piece.length);
      bytes.set(piece.subarray(from - start, to - start), from - off);
    }
    return bytes;
  }

  // ---- reading

  /** @returns 0 or -errno */
  #read(step: ObjectStep & { result: { r: number; value: unknown } }): number {
    const head = this.#head;
    if (!head) return (step.result.r = -ERRNO.ENOENT);
    switch (step.op) {
      case 'read':
        step.result.value = this.#readData(step.off, step.len);
        return 0;
      case 'stat':
        step.result.value = { size: head.size, mtime: head.mtime };
        return 0;
      case 'getXattr':
        step.result.value = this.#pages.get(xattrKey(step.name));
        return step.result.value ? 0 : (step.result.r = -ERRNO.ENODATA);
      case 'getXattrs': {
        const kind = String.fromCharCode(KIND_XATTR);
        step.result.value = this.#page(kind, kindEnd(KIND_XATTR), Infinity).vals;
        return 0;
      }
      case 'omapGetHeader':
        step.result.value = this.#pages.get(omapHeaderKey()) ?? EMPTY;
        return 0;
      case 'omapGetVals':
        step.result.value = this.#omapPage(step.startAfter, step.filterPrefix, step.max);
        return 0;
      case 'omapGetValsByKeys': {
        const vals = new Map<string, Uint8Array>();
        for (const key of step.keys) {
          const value = this.#pages.get(omapKey(key));
          if (value) vals.set(key, value);
        }
        step.result.value = vals;
        return 0;
      }
      default:
        return 0;
    }
  }

  #omapPage(startAfter: string, filterPrefix: string, max: number): OmapPage {
    const kind = String.fromCharCode(KIND_OMAP);
    const first = kind + byteText(filterPrefix);
    const end = filterPrefix === '' ? kindEnd(KIND_OMAP) : prefixEnd(first);
    // the next key after one is that one with a zero byte behind it
    const after = startAfter === '' ? kind : `${kind}${byteText(startAfter)}\0`;
    return this.#page(after > first ? after : first, end, Math.min(max, MAX_PAGE_KEYS));
  }

  #page(start: string, end: string, max: number): OmapPage {
    const vals = new Map<string, Uint8Array>();
    for (const [sub, value] of this.#pages.range(start, end)) {
      if (vals.size >= max) return { vals, more: true };
      vals.set(textOf(sub), value);
    }
    return { vals, more: false };
  }
}

/** The name in a key of a kind. */
function textOf(sub: string): string {
  for (let i = 1; i < sub.length; i++) if (sub.charCodeAt(i) >= 0x80) return decodeText(Buffer.from(sub.slice(1), 'latin1'));
  return sub.slice(1);
}
