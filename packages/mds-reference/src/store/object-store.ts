import type { Completion } from '@cephts/common';

/** Where an object lives beside its name: the pool, and the namespace in it. */
export interface ObjectLocator {
  pool: number;
  /** @defaultValue `''` */
  namespace?: string;
}

/** What one step of an {@link ObjectOperation} gave; filled in before the operation completes. */
export interface OpResult<T> {
  /** 0, or a negative errno. */
  r: number;
  value: T | undefined;
}

export interface ObjectStat {
  /** In bytes. */
  size: number;
  /** Wall clock, ms since 1970. */
  mtime: number;
}

export interface OmapPage {
  /** In the order of the keys' bytes. */
  vals: Map<string, Uint8Array>;
  /** Do keys follow that did not fit? */
  more: boolean;
}

/** One step of an operation, in the form a store carries out. */
export type ObjectStep =
  | { readonly op: 'create'; readonly exclusive: boolean }
  | { readonly op: 'write'; readonly off: number; readonly bytes: Uint8Array }
  | { readonly op: 'writeFull'; readonly bytes: Uint8Array }
  | { readonly op: 'append'; readonly bytes: Uint8Array }
  | { readonly op: 'zero'; readonly off: number; readonly len: number }
  | { readonly op: 'truncate'; readonly size: number }
  | { readonly op: 'remove' }
  | { readonly op: 'setXattr'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly op: 'rmXattr'; readonly name: string }
  | { readonly op: 'omapSet'; readonly vals: ReadonlyMap<string, Uint8Array> }
  | { readonly op: 'omapRmKeys'; readonly keys: Iterable<string> }
  | { readonly op: 'omapClear' }
  | { readonly op: 'omapSetHeader'; readonly bytes: Uint8Array }
  | { readonly op: 'read'; readonly off: number; readonly len: number; readonly result: OpResult<Uint8Array> }
  | { readonly op: 'stat'; readonly result: OpResult<ObjectStat> }
  | { readonly op: 'getXattr'; readonly name: string; readonly result: OpResult<Uint8Array> }
  | { readonly op: 'getXattrs'; readonly result: OpResult<Map<string, Uint8Array>> }
  | { readonly op: 'omapGetHeader'; readonly result: OpResult<Uint8Array> }
  | {
      readonly op: 'omapGetVals';
      readonly startAfter: string;
      readonly filterPrefix: string;
      readonly max: number;
      readonly result: OpResult<OmapPage>;
    }
  | { readonly op: 'omapGetValsByKeys'; readonly keys: Iterable<string>; readonly result: OpResult<Map<string, Uint8Array>> };

function pending<T>(): OpResult<T> {
  return { r: 0, value: undefined };
}

/**
 * One atomic transaction on one object: steps that are carried out in order, all or none. A step that fails ends the operation, undoes
 * what the steps before it changed, and gives the operation its errno. In an operation that changes something, reading steps only guard it:
 * they can fail it, but what they read does not come back. Data is not to be read there at all: an OSD would take the object for damaged.
 *
 * Bytes handed in belong to the operation until it completes: the caller does not change them.
 *
 * @example
 * ```ts
 * const op = new ObjectOperation().omapSetHeader(header).omapSet(new Map([['a_head', value]]));
 * store.operate('1.00000000', { pool: 2 }, op, (r) => { … });
 * ```
 */
export class ObjectOperation {
  readonly steps: ObjectStep[] = [];
  /** Does it change anything? */
  isWrite = false;

  #write(step: ObjectStep): this {
    this.isWrite = true;
    this.steps.push(step);
    return this;
  }

  #read<T>(step: ObjectStep, result: OpResult<T>): OpResult<T> {
    this.steps.push(step);
    return result;
  }

  /** Makes the object exist. @param exclusive -EEXIST where it does already */
  create(exclusive = false): this {
    return this.#write({ op: 'create', exclusive });
  }

  /** Writes at `off`; a gap up to there reads as zeros. */
  write(off: number, bytes: Uint8Array): this {
    return this.#write({ op: 'write', off, bytes });
  }

  /** Replaces the whole data. */
  writeFull(bytes: Uint8Array): this {
    return this.#write({ op: 'writeFull', bytes });
  }

  append(bytes: Uint8Array): this {
    return this.#write({ op: 'append', bytes });
  }

  /**
   * Makes a range read as zeros. It never makes the object longer: a range that reaches the end cuts it off at `off`, as OSDs do. Nothing
   * happens to an object that does not exist.
   */
  zero(off: number, len: number): this {
    return this.#write({ op: 'zero', off, len });
  }

  truncate(size: number): this {
    return this.#write({ op: 'truncate', size });
  }

  /** -ENOENT where there is none. */
  remove(): this {
    return this.#write({ op: 'remove' });
  }

  setXattr(name: string, bytes: Uint8Array): this {
    return this.#write({ op: 'setXattr', name, bytes });
  }

  /** Nothing happens where the object has none of that name; -ENOENT where there is no object. */
  rmXattr(name: string): this {
    return this.#write({ op: 'rmXattr', name });
  }

  omapSet(vals: ReadonlyMap<string, Uint8Array>): this {
    return this.#write({ op: 'omapSet', vals });
  }

  omapRmKeys(keys: Iterable<string>): this {
    return this.#write({ op: 'omapRmKeys', keys });
  }

  /** Removes keys and header. Nothing happens to an object that does not exist. */
  omapClear(): this {
    return this.#write({ op: 'omapClear' });
  }

  omapSetHeader(bytes: Uint8Array): this {
    return this.#write({ op: 'omapSetHeader', bytes });
  }

  /** @param len bytes to read at the most; 0 for all from `off` on */
  read(off = 0, len = 0): OpResult<Uint8Array> {
    const result = pending<Uint8Array>();
    return this.#read({ op: 'read', off, len, result }, result);
  }

  stat(): OpResult<ObjectStat> {
    const result = pending<ObjectStat>();
    return this.#read({ op: 'stat', result }, result);
  }

  /** -ENODATA where the object has none of that name. */
  getXattr(name: string): OpResult<Uint8Array> {
    const result = pending<Uint8Array>();
    return this.#read({ op: 'getXattr', name, result }, result);
  }

  getXattrs(): OpResult<Map<string, Uint8Array>> {
    const result = pending<Map<string, Uint8Array>>();
    return this.#read({ op: 'getXattrs', result }, result);
  }

  /** Empty where none was set. */
  omapGetHeader(): OpResult<Uint8Array> {
    const result = pending<Uint8Array>();
    return this.#read({ op: 'omapGetHeader', result }, result);
  }

  /**
   * A page of keys and values.
   * @param startAfter only keys beyond this one; `''` for the first page
   * @param filterPrefix only keys that begin so
   * @param max keys at the most
   */
  omapGetVals(startAfter = '', filterPrefix = '', max = Infinity): OpResult<OmapPage> {
    const result = pending<OmapPage>();
    return this.#read({ op: 'omapGetVals', startAfter, filterPrefix, max, result }, result);
  }

  /** Keys that are not there are left out. */
  omapGetValsByKeys(keys: Iterable<string>): OpResult<Map<string, Uint8Array>> {
    const result = pending<Map<string, Uint8Array>>();
    return this.#read({ op: 'omapGetValsByKeys', keys, result }, result);
  }
}

/** Drops what reading steps gave: for stores, when an operation changes something. */
export function dropResults(op: ObjectOperation): void {
  if (!op.isWrite) return;
  for (const step of op.steps) if ('result' in step) step.result.value = undefined;
}

/** One operation in flight, for `objecter_requests`. */
export interface InFlightOperation {
  tid: number;
  oid: string;
  pool: number;
  namespace: string;
  /** Names of its steps. */
  ops: string[];
  /** How long it has been in flight, in ms. */
  age: number;
}

/**
 * Objects in pools, each with data, xattrs, an omap header and omap keys: what the MDS knows of RADOS.
 *
 * Guarantees: `onFinish` is never completed on the caller's stack; a write completes when it is durable; operations on one object take
 * effect in the order they were handed in, and a read sees every write before it; an operation takes effect as a whole or not at all, also
 * across a crash. Reading an object that does not exist gives -ENOENT.
 *
 * omap keys are bytes, sorted bytewise; they travel as text (see `encodeText` of `@cephts/encoding`).
 */
export interface ObjectStore {
  /** @param onFinish told 0 or -errno */
  operate(oid: string, loc: ObjectLocator, op: ObjectOperation, onFinish: Completion): void;
  /** What was handed in and has not completed. */
  inFlight(): InFlightOperation[];
  /** Completes everything in flight and lets go of the store. What is handed in later completes with -ECANCELED. */
  close(): Promise<void>;
}
