import { complete, Context, ECANCELED } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { Finisher } from './finisher.js';

/**
 * A context that, when completed, queues another on a finisher with the same result: so a completion never runs on the stack of
 * whoever completes it. Where the finisher has been closed, the context is told -ECANCELED at once instead: it never stays pending.
 *
 * @see C_OnFinisher in src/common/Finisher.h (16.2.15)
 */
export class C_OnFinisher extends Context {
  readonly #context: Completion;
  readonly #finisher: Finisher;

  constructor(context: Completion, finisher: Finisher) {
    super();
    this.#context = context;
    this.#finisher = finisher;
  }

  override finish(r: number): void {
    if (this.#finisher.accepts) this.#finisher.queue(this.#context, r);
    else complete(this.#context, -ECANCELED);
  }
}
