import { complete, Context } from '@cephts/common';
import type { AbortHub, AbortSignalLike, Completion } from '@cephts/common';

/** An entry with a signal or a cost; it stands in the queue in place of its completion. */
export class TrackedEntry extends Context {
  readonly cost: number;
  readonly #passed: () => void;
  readonly #forget: (() => void) | undefined;
  /** Undefined once it was completed or withdrawn. */
  #completion: Completion | undefined;

  /**
   * @param passed told when the empty place of a withdrawn entry is taken off the queue
   * @param withdrawn told, with the completion, when the signal aborts before the entry is taken
   */
  constructor(
    completion: Completion,
    cost: number,
    signal: AbortSignalLike | undefined,
    hub: AbortHub,
    passed: () => void,
    withdrawn: (completion: Completion, cost: number) => void,
  ) {
    super();
    this.#completion = completion;
    this.cost = cost;
    this.#passed = passed;
    this.#forget =
      signal &&
      hub.add(signal, () => {
        this.#completion = undefined;
        withdrawn(completion, cost);
      });
  }

  /** True while it waits. */
  get waiting(): boolean {
    return this.#completion !== undefined;
  }

  override finish(r: number): unknown {
    const completion = this.#completion;
    this.#completion = undefined;
    this.#forget?.();
    // the result may be a promise, which the finisher waits for
    return completion ? complete(completion, r) : this.#passed();
  }
}
