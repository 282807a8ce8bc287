import { ERRNO } from '@cephts/common';
import { compareText } from '@cephts/encoding';
import type { ObjectStep } from './object-store.js';

const EMPTY = new Uint8Array(0);
/** No object grows beyond this; RADOS has such a bound too (`osd_max_object_size`). */
export const MAX_OBJECT_SIZE = 128 * 1024 * 1024;

/** One object in memory. */
export interface ObjectImage {
  data: Uint8Array;
  /** Bytes in use of `data`. */
  size: number;
  mtime: number;
  xattrs: Map<string, Uint8Array>;
  omap: Map<string, Uint8Array>;
  omapHeader: Uint8Array;
}

export function emptyImage(now: number): ObjectImage {
  return { data: EMPTY, size: 0, mtime: now, xattrs: new Map(), omap: new Map(), omapHeader: EMPTY };
}

export function cloneImage(image: ObjectImage): ObjectImage {
  const { size, mtime, omapHeader } = image;
  return {
    data: image.data.slice(0, size),
    size,
    mtime,
    xattrs: new Map(image.xattrs),
    omap: new Map(image.omap),
    omapHeader,
  };
}

function reserve(image: ObjectImage, size: number): void {
  if (size > image.data.length) {
    const data = new Uint8Array(Math.max(size, Math.min(image.data.length * 2, MAX_OBJECT_SIZE)));
    data.set(image.data.subarray(0, image.size));
    image.data = data;
  }
  if (size > image.size) image.size = size;
}

/** Beyond `size` the buffer is zeros, which {@link reserve} relies on. */
function cut(image: ObjectImage, size: number): void {
  image.data.fill(0, size, image.size);
  image.size = size;
}

/** Carries out a step that changes the object, which exists. @returns 0 or -errno */
export function applyWrite(image: ObjectImage, step: ObjectStep, now: number): number {
  image.mtime = now;
  switch (step.op) {
    case 'write':
    case 'append': {
      const off = step.op === 'write' ? step.off : image.size;
      if (off < 0 || off + step.bytes.length > MAX_OBJECT_SIZE) return -ERRNO.EFBIG;
      reserve(image, off + step.bytes.length);
      image.data.set(step.bytes, off);
      return 0;
    }
    case 'writeFull':
      if (step.bytes.length > MAX_OBJECT_SIZE) return -ERRNO.EFBIG;
      image.data = step.bytes.slice();
      image.size = step.bytes.length;
      return 0;
    case 'zero':
      if (step.off + step.len < image.size) image.data.fill(0, step.off, step.off + step.len);
      else if (step.off < image.size) cut(image, step.off);
      return 0;
    case 'truncate':
      if (step.size < 0 || step.size > MAX_OBJECT_SIZE) return -ERRNO.EFBIG;
      if (step.size < image.size) cut(image, step.size);
      else reserve(image, step.size);
      return 0;
    case 'setXattr':
      image.xattrs.set(step.name, step.bytes.slice());
      return 0;
    case 'rmXattr':
      return (image.xattrs.delete(step.name), 0);
    case 'omapSet':
      for (const [key, value] of step.vals) image.omap.set(key, value.slice());
      return 0;
    case 'omapRmKeys':
      for (const key of step.keys) image.omap.delete(key);
      return 0;
    case 'omapClear':
      image.omap = new Map();
      image.omapHeader = EMPTY;
      return 0;
    case 'omapSetHeader':
      image.omapHeader = step.bytes.slice();
      return 0;
    default:
      return 0;
  }
}

/** Carries out a step that reads; its result object is filled in. @returns 0 or -errno */
export function applyRead(image: ObjectImage, step: ObjectStep): number {
  switch (step.op) {
    case 'read': {
      const end = step.len > 0 ? Math.min(step.off + step.len, image.size) : image.size;
      step.result.value = image.data.slice(Math.min(step.off, image.size), Math.max(end, 0));
      return 0;
    }
    case 'stat':
      step.result.value = { size: image.size, mtime: image.mtime };
      return 0;
    case 'getXattr':
      step.result.value = image.xattrs.get(step.name);
      return step.result.value ? 0 : (step.result.r = -ERRNO.ENODATA);
    case 'getXattrs':
      step.result.value = new Map([...image.xattrs].sort(([a], [b]) => compareText(a, b)));
      return 0;
    case 'omapGetHeader':
      step.result.value = image.omapHeader;
      return 0;
    case 'omapGetVals': {
      const keys = [...image.omap.keys()]
        .filter((key) => key.startsWith(step.filterPrefix) && (step.startAfter === '' || compareText(key, step.startAfter) > 0))
        .sort(compareText);
      const page = keys.slice(0, step.max);
      const vals = new Map(page.map((key) => [key, image.omap.get(key) as Uint8Array]));
      step.result.value = { vals, more: page.length < keys.length };
      return 0;
    }
    case 'omapGetValsByKeys': {
      const vals = new Map<string, Uint8Array>();
      for (const key of step.keys) {
        const value = image.omap.get(key);
        if (value) vals.set(key, value);
      }
      step.result.value = vals;
      return 0;
    }
    default:
      return 0;
  }
}
