import { fullKey } from './lmdb-keys.js';

/** What an {@link ObjectPages} reads from. */
export interface PageSource {
  get(key: Buffer): Uint8Array | undefined;
  /** Keys and values from `start` on, below `end`. */
  range(start: Buffer, end: Buffer): Iterable<{ key: Uint8Array; value: Uint8Array }>;
}

/** What an {@link ObjectPages} writes to. */
export interface PageSink {
  put(key: Buffer, value: Uint8Array): void;
  remove(key: Buffer): void;
}

type Changes = Map<string, Uint8Array | undefined>;

/**
 * Keys and values of one object as they will be: what is stored, with changes on top that are being committed, with changes on top of
 * those that wait for the next commit.
 *
 * ```text
 *   set, delete -> #pending --commit begins--> #committing --commit ends--> database
 * ```
 */
export class ObjectPages {
  readonly prefix: Uint8Array;
  readonly #source: PageSource;
  #pending: Changes = new Map();
  #committing: Changes | undefined;
  /** How to take back what the current operation changed; undefined while nothing is kept. */
  #undo: { readonly sub: string; readonly had: boolean; readonly value: Uint8Array | undefined }[] | undefined;

  constructor(prefix: Uint8Array, source: PageSource) {
    this.prefix = prefix;
    this.#source = source;
  }

  get isDirty(): boolean {
    return this.#pending.size > 0;
  }
  get isCommitting(): boolean {
    return this.#committing !== undefined;
  }

  get(sub: string): Uint8Array | undefined {
    if (this.#pending.has(sub)) return this.#pending.get(sub);
    if (this.#committing?.has(sub)) return this.#committing.get(sub);
    return this.#source.get(fullKey(this.prefix, sub));
  }

  set(sub: string, value: Uint8Array | undefined): void {
    this.#undo?.push({ sub, had: this.#pending.has(sub), value: this.#pending.get(sub) });
    this.#pending.set(sub, value);
  }

  delete(sub: string): void {
    this.set(sub, undefined);
  }

  /** Keys from `start` on, below `end`, in order. The caller may change the object on the way. */
  *range(start: string, end: string): Generator<[sub: string, value: Uint8Array]> {
    const changed = this.#changedIn(start, end);
    let next = 0;
    const skip = this.prefix.length;
    for (const { key, value } of this.#source.range(fullKey(this.prefix, start), fullKey(this.prefix, end))) {
      const sub = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1', skip);
      for (; next < changed.length && (changed[next] as string) < sub; next++) {
        const own = this.get(changed[next] as string);
        if (own) yield [changed[next] as string, own];
      }
      if (changed[next] === sub) {
        next++;
        const own = this.get(sub);
        if (own) yield [sub, own];
      } else yield [sub, value];
    }
    for (; next < changed.length; next++) {
      const own = this.get(changed[next] as string);
      if (own) yield [changed[next] as string, own];
    }
  }

  #changedIn(start: string, end: string): string[] {
    const keys: string[] = [];
    for (const sub of this.#pending.keys()) if (sub >= start && sub < end) keys.push(sub);
    if (this.#committing) {
      for (const sub of this.#committing.keys()) if (sub >= start && sub < end && !this.#pending.has(sub)) keys.push(sub);
    }
    return keys.length > 1 ? keys.sort() : keys;
  }

  // ---- one operation

  /** From now on changes can be taken back. */
  begin(): void {
    this.#undo = [];
  }

  end(): void {
    this.#undo = undefined;
  }

  /** Takes back everything since {@link begin}. */
  rollback(): void {
    const undo = this.#undo ?? [];
    this.#undo = undefined;
    for (let i = undo.length - 1; i >= 0; i--) {
      const { sub, had, value } = undo[i] as (typeof undo)[number];
      if (had) this.#pending.set(sub, value);
      else this.#pending.delete(sub);
    }
  }

  // ---- commits

  beginCommit(sink: PageSink): void {
    const changes = this.#pending;
    this.#pending = new Map();
    this.#committing = changes;
    for (const [sub, value] of changes) {
      const key = fullKey(this.prefix, sub);
      if (value) sink.put(key, value);
      else sink.remove(key);
    }
  }

  endCommit(): void {
    this.#committing = undefined;
  }
}
