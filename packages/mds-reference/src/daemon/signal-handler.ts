import { CooperativeThread } from '@cephts/common';
import type { CephContext } from '@cephts/common';

type Handler = (signal: NodeJS.Signals) => void;

/**
 * The `signal_handler` thread: signals arrive on the event loop and are handled in its turn, never in the middle of something else.
 *
 * @see src/global/signal_handler.cc (16.2.15)
 */
export class SignalHandler {
  readonly #handlers = new Map<NodeJS.Signals, { handler: Handler; oneshot: boolean; listener: () => void }>();
  readonly #arrived: NodeJS.Signals[] = [];
  readonly #thread: CooperativeThread;

  constructor(cct: CephContext) {
    this.#thread = new CooperativeThread(cct, {
      name: 'signal_handler',
      owner: 'SignalHandler',
      purpose: 'handles SIGTERM and SIGINT (shut down) and SIGHUP (reopen the log)',
      entry: () => this.#drain(),
    });
    this.#thread.startAsleep();
  }

  /** Calls `handler` for every `signal`. */
  register(signal: NodeJS.Signals, handler: Handler): void {
    this.#register(signal, handler, false);
  }

  /** Calls `handler` for the first `signal`; those that follow do nothing. */
  registerOneshot(signal: NodeJS.Signals, handler: Handler): void {
    this.#register(signal, handler, true);
  }

  /** Acts as if the signal had arrived. */
  queue(signal: NodeJS.Signals): void {
    this.#arrived.push(signal);
    this.#thread.wake();
  }

  shutdown(): void {
    for (const [signal, { listener }] of this.#handlers) process.off(signal, listener);
    this.#handlers.clear();
    this.#thread.stop();
  }

  #register(signal: NodeJS.Signals, handler: Handler, oneshot: boolean): void {
    const listener = (): void => this.queue(signal);
    this.#handlers.set(signal, { handler, oneshot, listener });
    process.on(signal, listener);
  }

  #drain(): boolean {
    for (let signal = this.#arrived.shift(); signal; signal = this.#arrived.shift()) {
      const entry = this.#handlers.get(signal);
      this.#thread.stats?.addItems(1);
      if (!entry) continue;
      const { handler } = entry;
      // the listener stays, so that a second signal does not end the process the hard way
      if (entry.oneshot) entry.handler = () => undefined;
      handler(signal);
    }
    return false;
  }
}
