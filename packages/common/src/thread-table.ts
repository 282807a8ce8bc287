import { SharedSlab } from './shared-slab.js';
import type { SlabSlots } from './shared-slab.js';

/** States of a thread, by the number that stands in shared memory. */
export const THREAD_STATES = ['created', 'waiting', 'runnable', 'running', 'stopped'] as const;
/** `waiting`: asleep until woken; `runnable`: woken, waiting for its turn. */
export type ThreadState = (typeof THREAD_STATES)[number];

/** `cooperative`: a run loop in the isolate that is the lock; `real`: an operating-system thread of its own. */
export type ThreadKind = 'cooperative' | 'real';

/** Slots of one thread in the slab, in this order. */
const STATE = 0;
const WAKEUPS = 1;
const SLICES = 2;
const ITEMS = 3;
const BUSY_MS = 4;
const MAX_SLICE_MS = 5;
const QUEUED = 6;
const TRACED = 7;
const SLOTS = 8;

/** What a thread is, for the table. */
export interface ThreadInfo {
  /** Ceph's name of the thread, at most 15 characters, as `top -H` shows it. */
  name: string;
  kind: ThreadKind;
  /** The class it works for, as in `'MDSRank::ProgressThread'`. */
  owner: string;
  /** One sentence: what it is for. */
  purpose: string;
}

/** One row of `thread ls`. Times in milliseconds. */
export interface ThreadSnapshot extends ThreadInfo {
  id: number;
  state: ThreadState;
  wakeups: number;
  slices: number;
  items: number;
  busyMs: number;
  maxSliceMs: number;
  queued: number;
}

/** Where one thread's numbers lie, so that another thread can read or write them. */
export interface ThreadDescriptor extends ThreadInfo {
  id: number;
  chunk: number;
  index: number;
}

/** Sees the turns of threads, for a trace. Times in monotonic ms. */
export interface ThreadObserver {
  /** Somebody woke it; it has a turn coming. */
  woken(entry: ThreadEntry): void;
  began(entry: ThreadEntry, begin: number): void;
  /** It worked for `ms`; `begin` is undefined where the slice ends now. */
  ran(entry: ThreadEntry, begin: number | undefined, ms: number): void;
}

/** A thread's line in the table; its owner writes, anyone (any thread) reads. */
export class ThreadEntry {
  readonly info: ThreadInfo;
  readonly id: number;
  /** Who looks on, in this isolate. @defaultValue nobody */
  observer: ThreadObserver | undefined = undefined;
  readonly #a: Float64Array;
  readonly #at: number;
  #begin = 0;
  readonly chunk: number;

  constructor(id: number, info: ThreadInfo, slots: SlabSlots) {
    this.id = id;
    this.info = info;
    this.#a = slots.array;
    this.#at = slots.index;
    this.chunk = slots.chunk;
  }

  get state(): ThreadState {
    return THREAD_STATES[this.#a[this.#at + STATE] as number] ?? 'created';
  }
  set state(state: ThreadState) {
    this.#a[this.#at + STATE] = THREAD_STATES.indexOf(state);
  }

  /** Is a real thread asked to tell the main isolate of its slices? */
  get traced(): boolean {
    return this.#a[this.#at + TRACED] !== 0;
  }
  set traced(on: boolean) {
    this.#a[this.#at + TRACED] = on ? 1 : 0;
  }

  /** Entries waiting in the thread's queue now. */
  set queued(depth: number) {
    this.#a[this.#at + QUEUED] = depth;
  }

  /** Adds finished work items to the count. */
  addItems(count: number): void {
    (this.#a[this.#at + ITEMS] as number) += count;
  }

  countWakeup(): void {
    (this.#a[this.#at + WAKEUPS] as number)++;
  }

  /** It has a turn coming. */
  woken(): void {
    this.countWakeup();
    if (this.state !== 'running') this.state = 'runnable';
    this.observer?.woken(this);
  }

  /** Its turn begins, at `now` in monotonic ms. */
  begins(now: number): void {
    this.#begin = now;
    this.state = 'running';
    this.observer?.began(this, now);
  }

  /** Its turn ends; `more`: another is coming. */
  ends(now: number, more: boolean): void {
    this.#count(now - this.#begin);
    this.observer?.ran(this, this.#begin, now - this.#begin);
    this.state = more ? 'runnable' : 'waiting';
  }

  /** Adds one slice of work of `ms` milliseconds that ends now. */
  countSlice(ms: number): void {
    this.#count(ms);
    this.observer?.ran(this, undefined, ms);
  }

  #count(ms: number): void {
    const a = this.#a;
    const at = this.#at;
    (a[at + SLICES] as number)++;
    (a[at + BUSY_MS] as number) += ms;
    if (ms > (a[at + MAX_SLICE_MS] as number)) a[at + MAX_SLICE_MS] = ms;
  }

  describe(): ThreadDescriptor {
    return { ...this.info, id: this.id, chunk: this.chunk, index: this.#at };
  }

  snapshot(): ThreadSnapshot {
    const a = this.#a;
    const at = this.#at;
    const n = (slot: number): number => a[at + slot] as number;
    return {
      ...this.info,
      id: this.id,
      state: this.state,
      wakeups: n(WAKEUPS),
      slices: n(SLICES),
      items: n(ITEMS),
      busyMs: n(BUSY_MS),
      maxSliceMs: n(MAX_SLICE_MS),
      queued: n(QUEUED),
    };
  }

  /** The entry another thread described, over the same shared memory. */
  static attach(descriptor: ThreadDescriptor, chunks: readonly Float64Array[]): ThreadEntry {
    const { id, chunk, index, ...info } = descriptor;
    return new ThreadEntry(id, info, { array: chunks[chunk] as Float64Array, index, chunk });
  }
}

/** What changed in a {@link ThreadTable}. */
export type ThreadTableListener = (event: 'add' | 'remove', entry: ThreadEntry) => void;

/**
 * Every thread of a process, in order of creation: what `thread ls` prints. A thread that ended leaves the table, as it leaves `ps -L`.
 */
export class ThreadTable {
  readonly #slab: SharedSlab;
  readonly #entries = new Map<number, ThreadEntry>();
  readonly #listeners = new Set<ThreadTableListener>();
  #nextId = 1;

  constructor(slab: SharedSlab = new SharedSlab()) {
    this.#slab = slab;
  }

  add(info: ThreadInfo): ThreadEntry {
    const entry = new ThreadEntry(this.#nextId++, info, this.#slab.allocate(SLOTS));
    this.#entries.set(entry.id, entry);
    for (const listener of this.#listeners) listener('add', entry);
    return entry;
  }

  remove(entry: ThreadEntry): void {
    if (!this.#entries.delete(entry.id)) return;
    entry.state = 'stopped';
    for (const listener of this.#listeners) listener('remove', entry);
  }

  entries(): ThreadEntry[] {
    return [...this.#entries.values()];
  }

  list(): ThreadSnapshot[] {
    return this.entries().map((entry) => entry.snapshot());
  }

  /** Calls back for each thread that comes or goes from now on; returns a function that ends it. */
  onChange(listener: ThreadTableListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
