import { complete, Context } from '@cephts/common';
import type { Completion } from '@cephts/common';

/** An entry with a signal or a cost; it stands in the queue in place of its completion. */
export class TrackedEntry extends Context {
  /** Undefined once it was completed or withdrawn. */
  #completion: Completion | undefined;
  readonly #left: (withdrawn: boolean) => void;

  /** @param left told when the completion is about to be told, or when the empty place of a withdrawn one has been taken off the queue */
  constructor(completion: Completion, left: (withdrawn: boolean) => void) {
    super();
    this.#completion = completion;
    this.#left = left;
  }

  /** Leaves an empty place. @returns the completion, where it was there still */
  withdraw(): Completion | undefined {
    const completion = this.#completion;
    this.#completion = undefined;
    return completion;
  }

  override finish(r: number): unknown {
    const completion = this.withdraw();
    this.#left(!completion);
    // the result may be a promise, which the finisher waits for
    return completion && complete(completion, r);
  }
}
