import { complete, Context, ECANCELED } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { Finisher } from './finisher.js';
import type { QueueOptions } from './options.js';

const PROMISED: QueueOptions = { promised: true };

/**
 * A context that, when completed, queues another on a finisher with the same result: so a completion never runs on the stack of
 * whoever completes it. It never stays pending: a finisher that is full takes it all the same, for what has been done cannot be refused any
 * more; where the finisher has been closed, the context is told -ECANCELED at once instead.
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
    if (this.#finisher.accepts) this.#finisher.queue(this.#context, r, PROMISED);
    else complete(this.#context, -ECANCELED);
  }
}
