import { captureAsyncContext, complete, Context, ECANCELED } from '@cephts/common';
import type { AbortHub, AsyncContextRunner, Completion } from '@cephts/common';
import type { QueueOptions } from './options.js';

/** What an entry asks of its finisher. */
export interface EntryOwner {
  readonly hub: AbortHub;
  /** The entry was withdrawn while it waited; its place in the queue stays, empty. */
  withdrawn(entry: TrackedEntry): void;
  /** The empty place of a withdrawn entry was taken off the queue. */
  passed(): void;
  /** Completes at once, on the caller's stack, reporting what it throws. */
  settle(completion: Completion, r: number, run: AsyncContextRunner | undefined): void;
}

/** An entry with a signal, a cost, or an asynchronous context to run in; it stands in the queue in place of its completion. */
export class TrackedEntry extends Context {
  readonly cost: number;
  readonly #owner: EntryOwner;
  readonly #run: AsyncContextRunner | undefined;
  readonly #forget: (() => void) | undefined;
  #completion: Completion | undefined;

  constructor(owner: EntryOwner, completion: Completion, options: QueueOptions, keepAsyncContext: boolean) {
    super();
    this.#owner = owner;
    this.#completion = completion;
    this.cost = options.cost ?? 1;
    this.#run = keepAsyncContext ? captureAsyncContext() : undefined;
    this.#forget = options.signal && owner.hub.add(options.signal, () => this.#withdraw());
  }

  /** True while it waits. */
  get waiting(): boolean {
    return this.#completion !== undefined;
  }

  override finish(r: number): void {
    const completion = this.#completion;
    if (completion === undefined) {
      this.#owner.passed();
      return;
    }
    this.#completion = undefined;
    this.#forget?.();
    // the result may be a promise, which the finisher waits for
    return this.#run ? this.#run(() => complete(completion, r)) : complete(completion, r);
  }

  #withdraw(): void {
    const completion = this.#completion;
    if (completion === undefined) return;
    this.#completion = undefined;
    this.#owner.withdrawn(this);
    this.#owner.settle(completion, -ECANCELED, this.#run);
  }
}
